"""The formats of values in the spec; each check says what is wrong and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.calendar_window import LONGEST
from watchkeeper.model.duration import Duration

_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_TEN_YEARS = Duration.parse("10y")
_HOST_FIRST = re.compile(r"[\w.-]+\.(com|net|org|io)/", re.IGNORECASE)


class Malformed(ValueError):
    """A value is not in its form; carries the problem's code, message and remedy."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        self.code, self.message, self.remedy = code, message, remedy
        super().__init__(message)


def duration(text: str) -> Duration:
    """Return the duration that `text` names; raise Malformed, also for a duration of zero."""
    try:
        value = Duration.parse(text)
    except ValueError:
        raise Malformed("WK105", f"{text!r} is not a duration", "write 30s, 5m, 1h30m or 30d") from None
    if value.milliseconds == 0:
        raise Malformed("WK105", "the duration is zero", "write 30s, 5m, 1h30m or 30d")
    if value > _TEN_YEARS:
        raise Malformed("WK108", f"{text} is longer than ten years", "write a shorter one")
    return value


def percent(value: str | int | Decimal) -> Decimal:
    """Return a percentage as a ratio: 5 and "5%" are 0.05; raise Malformed."""
    text = str(value).strip()
    match = re.fullmatch(r"(-?[0-9]{1,10}(\.[0-9]{1,15})?)\s*%?", text, re.ASCII)
    if match is None:
        raise Malformed("WK106", f"{text[:60]!r} is not a percentage", "write 5% or 99.5%")
    return Decimal(match[1]) / 100


def is_bare_fraction(value: str | int | Decimal) -> bool:
    """Return whether a percentage without its sign lies between 0 and 1, as a ratio would."""
    text = str(value).strip()
    return not text.endswith("%") and 0 < percent(text) * 100 < 1


def ratio(value: str | int | Decimal) -> Decimal:
    """Return a percentage between 0 and 100 as a ratio."""
    number = percent(value)
    if not 0 <= number <= 1:
        raise Malformed("WK108", f"{value} is not between 0% and 100%")
    return number


def budget_left(value: str | int | Decimal) -> int:
    """Return a share of an error budget in whole percent, 1 to 99."""
    number = percent(value) * 100
    if number == 0:
        message = "0% of an error budget is left when it is exhausted, and BudgetExhausted notifies of that"
        raise Malformed("WK108", message, "write 1% to 99%, or leave it out")
    if number == 100:
        raise Malformed(
            "WK108", "100% of an error budget is left before the first failure", "write 1% to 99%"
        )
    if not 0 < number < 100 or number != int(number):
        remedy = "write a whole percentage from 1% to 99%"
        raise Malformed("WK108", f"{value} is not a share of an error budget", remedy)
    return int(number)


def objective(value: str | int | Decimal) -> Decimal:
    """Return an objective as a ratio strictly between 0 and 1; a bare fraction raises Malformed."""
    number = percent(value)
    if is_bare_fraction(value):
        shown = f"{(number * 10000).normalize():f}%"
        raise Malformed(
            "WK201", f"{value} is a bare fraction, and objectives are percentages", f"did you mean {shown}?"
        )
    if number == 1:
        raise Malformed("WK202", "an objective of 100% leaves no error budget", "write 99.99% or less")
    if not 0 < number < 1:
        raise Malformed(
            "WK202", f"{value} is not an objective", "write a percentage over 0 and under 100, such as 99.5%"
        )
    return number


def slo_window(text: str) -> str:
    """Return an SLO's window as it is written: month, quarter, or a rolling one."""
    units = list(LONGEST)
    if text.isalpha() and text not in units:
        remedy = did_you_mean(text, units, "write month, quarter, or a rolling window such as 14d or 30d")
        raise Malformed("WK214", f"{text!r} is not a window", remedy)
    return text if text in units else str(window(text))


def window(text: str) -> Duration:
    """Return an SLO's rolling window, 1d to 90d."""
    value = duration(text)
    if not Duration.parse("1d") <= value <= Duration.parse("90d"):
        raise Malformed(
            "WK214",
            f"a window of {text} is not between 1d and 90d",
            "write 7d, 28d, 30d, 90d, month or quarter",
        )
    return value


def address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`; an IPv6 host is in brackets."""
    remedy = "write host:port, such as checkout:8000"
    if "@" in text:
        raise Malformed(
            "WK218", "this address may contain a password, and a spec must not contain secrets", remedy
        )
    if "://" in text:
        raise Malformed("WK109", f"{text!r} has a scheme", remedy)
    match = re.fullmatch(
        r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?):([0-9]{1,5})", text
    )
    if match is None:
        raise Malformed("WK109", f"{text!r} is not host:port", remedy)
    port = int(match[3])
    if not 1 <= port <= 65535:
        raise Malformed("WK109", f"{port} is not a port", "ports go from 1 to 65535")
    return match[1], port


def url(text: str) -> str:
    """Return an http or https address without credentials in it."""
    if "@" in text:
        message = "this address may contain a password, and a spec must not contain secrets"
        raise Malformed("WK218", message, "write https://host/path")
    if not re.fullmatch(r"https?://[^\s/{}]+(/[^\s{}]*)?", text) or len(text) > 500:
        raise Malformed(
            "WK109", f"{text[:100]!r} is not an http(s) address", "write https://host/path, without braces"
        )
    return text


def proxy_url(text: str) -> str:
    """Return the address of a proxy without credentials in it."""
    if "@" in text:
        message = "this address may contain a password, and a spec must not contain secrets"
        remedy = "write http://host:port; with `proxy_from_environment` the environment of Alertmanager may have a password"
        raise Malformed("WK218", message, remedy)
    return url(text)


def secret_path(text: str) -> str:
    """Return a path, which has a slash; raise Malformed for what may be the secret itself, without repeating it."""
    if not text.strip():
        raise Malformed("WK109", "the path is empty", "write secrets/NAME or /absolute/path")
    # Tokens have colons or equals signs, passwords and keys no slash; an address may lack its scheme.
    if "/" not in text or re.search(r"[\x00-\x1f\x7f:=]", text) or _HOST_FIRST.match(text):
        raise Malformed(
            "WK218",
            "this is no path and may be the secret itself, and a spec must not contain secrets",
            "write the secret to a file and name that file, such as secrets/slack_webhook",
        )
    if ".." in text.split("/"):
        raise Malformed(
            "WK109",
            f"{text!r} is not a path inside the configuration",
            "write secrets/NAME or /absolute/path",
        )
    return text


def scrape_path(text: str) -> str:
    """Return the path of a file for Prometheus: absolute, or in its folder of secrets."""
    if not secret_path(text).startswith(("/", "secrets/")) or text.endswith("/"):
        message = f"{text!r} is not in the folder of Prometheus' secrets"
        raise Malformed(
            "WK109", message, "write secrets/NAME, below monitoring/prometheus/, or /absolute/path"
        )
    return text


def user(text: str) -> str:
    """Return the name of a user for basic authentication, which separates it from the password by a colon."""
    if not re.fullmatch(r"[A-Za-z0-9_.@-]{1,100}", text):
        message = f"{text[:60]!r} is not the name of a user"
        raise Malformed("WK107", message, "write letters, digits, dots, dashes or @")
    return text


def ip_address(text: str) -> str:
    """Return an IPv4 address of this machine."""
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise Malformed(
            "WK109", f"{text[:60]!r} is not an IPv4 address", "write 0.0.0.0, or one address"
        ) from None


def times(text: str) -> tuple[str, str]:
    """Return start and end of `HH:MM-HH:MM`; the end may be 24:00, or earlier than the start."""
    match = re.fullmatch(
        r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)", text
    )
    if match is None:
        raise Malformed("WK109", f"{text!r} is not a time range", "write 22:00-06:00")
    start, end = (part.strip() for part in text.split("-"))
    if start == end:
        raise Malformed("WK109", f"{text!r} is an empty time range", "write 00:00-24:00 for the whole day")
    return start, end


def outside_hours(text: str) -> str:
    """Return the one word that may stand in the place of a list of receivers."""
    if text != "nobody":
        raise Malformed("WK104", f"{text!r} is not allowed", f"write [{text}] for a receiver, or nobody")
    return text


def weekdays(text: str) -> str:
    """Return a day or a span `monday:friday` as Alertmanager takes it."""
    days = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    parts = text.split(":")
    known = all(part in days for part in parts) and len(parts) <= 2
    if not known or (len(parts) == 2 and days.index(parts[0]) > days.index(parts[1])):
        raise Malformed(
            "WK109",
            f"{text!r} is not a weekday or a range of weekdays",
            "write saturday, or monday:friday; the week starts on sunday",
        )
    return text


def zone(text: str) -> str:
    """Return a time zone that this machine's zone data knows; without such data any well-formed name."""
    from zoneinfo import available_timezones

    known = available_timezones()
    if text != "UTC" and known and text not in known:
        remedy = did_you_mean(text, sorted(known), "write UTC or Europe/Berlin")
        raise Malformed("WK109", f"{text!r} is not a known time zone", remedy)
    return text


def moment(text: str) -> datetime:
    """Return a date and a time, to the minute; it has a zone where the text has one."""
    match = re.fullmatch(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:00)?(Z|[+-][0-9]{2}:[0-9]{2})?", text
    )
    try:
        if match is None:
            raise ValueError(text)
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}{(match[4] or '').replace('Z', '+00:00')}")
    except ValueError:
        remedy = "write 2026-12-05 22:00, or 2026-12-05T22:00+01:00"
        raise Malformed("WK109", f"{text[:60]!r} is not a date and a time", remedy) from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Malformed("WK109", f"{text!r} is not within {_FIRST_YEAR} and {_LAST_YEAR}", "check the year")
    return found


def _pattern(code: str, pattern: str, what: str, remedy: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Malformed(code, f"{text!r} is not {what}", remedy)
        return text

    return check


service_name = _pattern(
    "WK107",
    r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    "a valid name",
    "use lower-case letters, digits and dashes, at most 63 characters",
)
alert_name = _pattern(
    "WK107",
    r"[A-Za-z][A-Za-z0-9_]{0,99}",
    "a valid alert name",
    "use letters and digits, such as HighErrorRate",
)
metric_name = _pattern(
    "WK107", r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", "a valid metric name", "write a name such as orders_total"
)
image = _pattern(
    "WK107",
    r"[a-z0-9][\w./:-]*(@sha256:[0-9a-f]{64})?",
    "an image reference",
    "write one such as prom/prometheus:v3.15.0",
)
host = _pattern(
    "WK109",
    r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
    "a host name",
    "write one such as monitoring.example.com",
)
no_proxy = _pattern(
    "WK109",
    r"\.?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5}|/[0-9]{1,2})?|[0-9A-Fa-f:]{2,39}(/[0-9]{1,3})?",
    "a host, a domain, an address or a network",
    "write one such as .internal.example.com or 10.0.0.0/8",
)
mail = _pattern(
    "WK109",
    r"[^\s@,;<>\"{}]{1,64}@[A-Za-z0-9.-]{1,190}",
    "a mail address",
    "write one such as oncall@example.com",
)
dns_name = _pattern(
    "WK109",
    r"_?[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?",
    "a DNS name",
    "write one such as tasks.checkout or _metrics._tcp.checkout.example.com",
)
target_file = _pattern(
    "WK109",
    r"(?!.*(^|/)\.\.(/|$))(/|discovery/)[^*\x00-\x1f\\]{0,200}(\*[^/\x00-\x1f\\]{0,60})?\.(json|yml|yaml)",
    "a file of targets",
    "write an absolute path, or one such as discovery/checkout-*.json",
)
kubernetes_label = _pattern(
    "WK107",
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
    "a label name of Kubernetes",
    "write one such as release or app.kubernetes.io/name",
)
kubernetes_value = _pattern(
    "WK107",
    r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?",
    "a label value of Kubernetes",
    "use at most 63 letters, digits, dashes, underscores and dots",
)
# The value stands in selectors inside Go templates and dashboards, where the others would end a text or begin a variable.
match_value = _pattern(
    "WK107",
    r"[^\x00-\x1f\x7f$`{}\\\"]{1,200}",
    "a label value that a selector can have everywhere",
    "use 1 to 200 printable characters without $, `, {, }, \\ and quotes",
)
http_path = _pattern(
    "WK109", r"/[!-\"$->@-~]{0,200}", "a path", "write one such as /metrics, without ? and #"
)
series_label = _pattern(
    "WK107",
    r"(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,99}",
    "a label of a series",
    "write a label name such as handler",
)
label_value = _pattern(
    "WK107", r"[^\x00-\x1f\x7f]{1,100}", "a label value", "use 1 to 100 printable characters"
)


def route(text: str) -> str:
    """Return a path or a route template as the middleware names it, such as /items/{id}."""
    if not re.fullmatch(r"/[!-\"$->@-~]{0,199}", text):
        raise Malformed(
            "WK109", f"{text!r} is not a path or a route template", "write one such as /items/{id}"
        )
    if "*" in text:
        raise Malformed("WK109", f"{text!r} is a pattern, and routes are compared whole", "list the routes")
    if ":" in "".join(re.findall(r"\{[^{}]*\}", text)):
        plain = re.sub(r"\{([^{}:]*):[^{}]*\}", r"{\1}", text)
        raise Malformed("WK109", f"{text!r} contains a converter, and handlers have none", f"write {plain}")
    return text


def channel(text: str) -> str:
    """Return a Slack channel, a person, or the id of either."""
    if re.fullmatch(r"[#@][^\s#@,<>{}\"]{1,79}|[CDGUW][A-Z0-9]{7,20}", text) is None:
        plain = re.fullmatch(r"[\w.-]{1,79}", text)
        remedy = (
            f'did you mean "#{text}"?'
            if plain
            else 'write "#incidents", "@somebody" or an id such as C024BE91L'
        )
        raise Malformed("WK109", f"{text[:80]!r} is not a Slack channel", remedy)
    return text


def label_name(text: str) -> str:
    """Return a label name that a user may set: valid, and not reserved."""
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}", text):
        raise Malformed("WK107", f"{text!r} is not a valid label name", "use letters, digits and underscores")
    if text.startswith(("__", "exported_")) or text in RESERVED_LABELS:
        raise Malformed("WK217", f"the label {text!r} is reserved", "choose another name")
    return text


def match_label(text: str) -> str:
    """Return a label by which others know a service's series: valid, and none that rules or instances set."""
    if text in ("service", "instance"):
        remedies = {
            "service": "write `scrape: false` if it is the service's name here too, else labels such as job and namespace",
            "instance": "instances come and go: write labels that all of them have, such as job and namespace",
        }
        raise Malformed("WK217", f"the label {text!r} is reserved", remedies[text])
    return text if text == "job" else label_name(text)


RESERVED_LABELS = frozenset((
    "alert_kind", "alertname", "alertstate", "instance", "job", "le", "quantile", "service", "severity", "slo", "slo_id", "team",
    "watchkeeper_drill", "watchkeeper_drill_id",
))  # fmt: skip

FORMATS: dict[str, Callable[..., object]] = {
    "wk-duration": duration,
    "wk-percent": percent,
    "wk-objective": objective,
    "wk-budget": budget_left,
    "wk-window": slo_window,
    "wk-address": address,
    "wk-url": url,
    "wk-secret-path": secret_path,
    "wk-scrape-path": scrape_path,
    "wk-user": user,
    "wk-ip": ip_address,
    "wk-times": times,
    "wk-outside-hours": outside_hours,
    "wk-weekdays": weekdays,
    "wk-zone": zone,
    "wk-moment": moment,
    "wk-service": service_name,
    "wk-alert": alert_name,
    "wk-metric": metric_name,
    "wk-label": label_name,
    "wk-label-value": label_value,
    "wk-image": image,
    "wk-host": host,
    "wk-mail": mail,
    "wk-channel": channel,
    "wk-path": http_path,
    "wk-dns-name": dns_name,
    "wk-target-file": target_file,
    "wk-match-label": match_label,
    "wk-match-value": match_value,
    "wk-kubernetes-label": kubernetes_label,
    "wk-kubernetes-value": kubernetes_value,
    "wk-route": route,
    "wk-proxy": proxy_url,
    "wk-no-proxy": no_proxy,
    "wk-series-label": series_label,
}
# These take numbers too.
NUMERIC_FORMATS = ("wk-percent", "wk-objective", "wk-budget")
