"""Send the report to an e-mail receiver of the spec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.text.console import error_line, note

if TYPE_CHECKING:
    from watchkeeper.model.notify import Email
    from watchkeeper.model.spec import Spec
    from watchkeeper.report.figures import Report


def mail_problem(name: str, spec: Spec) -> str:
    """Return why a receiver takes no report, or an empty text if it does."""
    from watchkeeper.model.notify import Email

    found = {one.name: one.integration for one in spec.notify.receivers}
    if isinstance(found.get(name), Email):
        return ""
    known = [key for key, integration in found.items() if isinstance(integration, Email)]
    which = f"choose {' or '.join(known)}" if known else "the spec has none"
    return f"--mail: {name!r} is no e-mail receiver of the spec; {which}"


def mail_report(name: str, report: Report, spec: Spec, spec_path: Path, *, sinks: bool) -> bool:
    """Send the report and return whether the server took it.

    Without the receiver's password it goes to the local sinks, if those of a running stack are there.
    """
    from watchkeeper.model.notify import Email
    from watchkeeper.report.report_mail import NotSent, message_of, send

    email = next(one.integration for one in spec.notify.receivers if one.name == name)
    assert isinstance(email, Email)
    found = _with_password(email, spec, spec_path, sinks=sinks)
    if found is None:
        return False
    chosen, password = found
    try:
        send(message_of(report, chosen), chosen, password)
    except NotSent as error:
        error_line(f"--mail: {error}")
        return False
    note(f"sent to {chosen.to} through {chosen.smarthost}")
    return True


def _with_password(email: Email, spec: Spec, spec_path: Path, *, sinks: bool) -> tuple[Email, str] | None:
    from watchkeeper import naming

    if email.auth_password_file is None:
        return email, ""
    path = naming.root_of(spec_path) / naming.ALERTMANAGER / email.auth_password_file
    try:
        return email, path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        if not sinks:
            error_line(f"--mail: {path} cannot be read: {getattr(error, 'strerror', None) or error}")
            return None
    from watchkeeper.stack.redirect import native_sinks

    note(f"{path} is missing: the local sinks get the mail instead")
    local = replace(
        email, smarthost=native_sinks(spec.stack.ports).smtp, auth_username=None, require_tls=False
    )
    return local, ""
