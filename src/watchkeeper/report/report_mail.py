"""The report as a mail: Markdown as its text, the page attached, through the server of an e-mail receiver."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime

from watchkeeper.model.notify import Email
from watchkeeper.report.as_html import as_html
from watchkeeper.report.as_markdown import as_markdown
from watchkeeper.report.figures import Report
from watchkeeper.report.words import headline

_SECONDS = 30.0
_IMPLICIT_TLS = 465


class NotSent(Exception):
    """The server did not take the mail; the text says why."""


def message_of(report: Report, email: Email) -> EmailMessage:
    """Return the mail to a receiver; its date is that of the report."""
    message = EmailMessage()
    message["Subject"] = f"Compliance report, {report.period.name}: {headline(report)}"
    message["From"], message["To"] = email.sender, email.to
    message["Date"] = format_datetime(datetime.fromtimestamp(report.at, timezone.utc))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_markdown(report), cte="base64")
    name = "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in report.period.name)
    message.add_attachment(as_html(report), subtype="html", cte="base64", filename=f"compliance-{name}.html")
    return message


def send(message: EmailMessage, email: Email, password: str) -> None:
    """Send a mail with STARTTLS where the receiver requires it; raise NotSent."""
    host, _, port = email.smarthost.rpartition(":")
    context = ssl.create_default_context()
    try:
        if int(port) == _IMPLICIT_TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host.strip("[]"), int(port), timeout=_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(host.strip("[]"), int(port), timeout=_SECONDS)
        with server:
            if email.require_tls and int(port) != _IMPLICIT_TLS:
                server.starttls(context=context)
            if email.auth_username:
                server.login(email.auth_username, password)
            server.send_message(message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotSent(f"{email.smarthost}: {error or type(error).__name__}") from error
