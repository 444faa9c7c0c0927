"""Names of services, alerts, metrics, labels and users, and the values of labels."""

from __future__ import annotations

import re

from watchkeeper.spec.formats.malformed import Malformed, pattern, quoted

RESERVED_LABELS = frozenset((
    "alert_kind", "alertname", "alertstate", "instance", "job", "le", "quantile", "service", "severity", "slo", "slo_id", "team",
    "watchkeeper_drill", "watchkeeper_drill_id",
))  # fmt: skip
service_name = pattern(
    "WK107",
    r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    "a valid name",
    "use lower-case letters, digits and dashes, at most 63 characters",
)
alert_name = pattern(
    "WK107",
    r"[A-Za-z][A-Za-z0-9_]{0,99}",
    "a valid alert name",
    "use letters and digits, such as HighErrorRate",
)
metric_name = pattern(
    "WK107", r"[a-zA-Z_:][a-zA-Z0-9_:]{0,199}", "a valid metric name", "write a name such as orders_total"
)
kubernetes_label = pattern(
    "WK107",
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
    "a label name of Kubernetes",
    "write one such as release or app.kubernetes.io/name",
)
kubernetes_value = pattern(
    "WK107",
    r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?",
    "a label value of Kubernetes",
    "use at most 63 letters, digits, dashes, underscores and dots",
)
# The value stands in selectors inside Go templates and dashboards, where the others would end a text or begin a variable.
match_value = pattern(
    "WK107",
    r"[^\x00-\x1f\x7f$`{}\\\"]{1,200}",
    "a label value that a selector can have everywhere",
    "use 1 to 200 printable characters without $, `, {, }, \\ and quotes",
)
series_label = pattern(
    "WK107",
    r"(?!__)[a-zA-Z_][a-zA-Z0-9_]{0,99}",
    "a label of a series",
    "write a label name such as handler",
)
label_value = pattern(
    "WK107", r"[^\x00-\x1f\x7f]{1,100}", "a label value", "use 1 to 100 printable characters"
)


def user(text: str) -> str:
    """Return the name of a user for basic authentication, which separates it from the password by a colon."""
    if not re.fullmatch(r"[A-Za-z0-9_.@-]{1,100}", text):
        message = f"{quoted(text)} is not the name of a user"
        raise Malformed("WK107", message, "write letters, digits, dots, dashes or @")
    return text


def label_name(text: str) -> str:
    """Return a label name that a user may set: valid, and not reserved."""
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,99}", text):
        raise Malformed(
            "WK107", f"{quoted(text)} is not a valid label name", "use letters, digits and underscores"
        )
    if text.startswith(("__", "exported_")) or text in RESERVED_LABELS:
        raise Malformed("WK217", f"the label {quoted(text)} is reserved", "choose another name")
    return text


def match_label(text: str) -> str:
    """Return a label by which others know a service's series: valid, and none that rules or instances set."""
    if text in ("service", "instance"):
        remedies = {
            "service": "write `scrape: false` if it is the service's name here too, else labels such as job and namespace",
            "instance": "instances come and go: write labels that all of them have, such as job and namespace",
        }
        raise Malformed("WK217", f"the label {quoted(text)} is reserved", remedies[text])
    return text if text == "job" else label_name(text)
