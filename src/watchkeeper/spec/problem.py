"""A problem is a value: what is wrong, where, and what would be right. Nothing here prints.

docs/extending.md says what else a new code needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from watchkeeper.model.position import Position

Level = Literal["error", "warning", "note"]

CODES: dict[str, tuple[Level, str]] = {
    "WK001": ("error", "the file cannot be read"),
    "WK002": ("error", "the file is too large"),
    "WK003": ("error", "the file is not UTF-8"),
    "WK004": ("error", "the file is not YAML"),
    "WK005": ("error", "a key appears twice"),
    "WK006": ("error", "a YAML tag is not allowed"),
    "WK007": ("error", "the YAML nests or repeats too much"),
    "WK008": ("error", "the file is empty"),
    "WK009": ("error", "an include finds no file"),
    "WK010": ("error", "the includes form a cycle"),
    "WK011": ("error", "a key belongs in the root file"),
    "WK012": ("error", "a file for the runbooks cannot be used"),
    "WK101": ("error", "the key is unknown"),
    "WK102": ("error", "a key is missing"),
    "WK103": ("error", "the value has the wrong type"),
    "WK104": ("error", "the value is not allowed"),
    "WK105": ("error", "the duration cannot be read"),
    "WK106": ("error", "the percentage cannot be read"),
    "WK107": ("error", "the name is not valid"),
    "WK108": ("error", "the number is out of range"),
    "WK109": ("error", "the address cannot be used"),
    "WK110": ("error", "the text or list is too short or too long"),
    "WK111": ("error", "the key does not fit here"),
    "WK201": ("error", "the objective is a bare fraction"),
    "WK202": ("error", "the objective leaves no error budget, or is out of range"),
    "WK203": ("error", "the name is already taken"),
    "WK204": ("error", "two services share an address"),
    "WK205": ("error", "the PromQL cannot be parsed"),
    "WK206": ("error", "the metric is unknown"),
    "WK207": ("error", "the metric's pack is not among the signals"),
    "WK208": ("error", "the metric has no such label"),
    "WK209": ("error", "the metric has the wrong type"),
    "WK210": ("error", "no route uses the receiver"),
    "WK211": ("error", "the route names an unknown receiver"),
    "WK212": ("error", "no route takes the alert"),
    "WK213": ("error", "the histogram has no bucket for the threshold"),
    "WK214": ("error", "the window is too short, too long or unknown"),
    "WK215": ("error", "the retention is shorter than a window needs"),
    "WK216": ("error", "the interval is too long for the window"),
    "WK217": ("error", "the name is reserved"),
    "WK218": ("error", "a secret is written where its file's path belongs"),
    "WK219": ("error", "two parts of the stack share a port"),
    "WK220": ("error", "the alert can never fire"),
    "WK221": ("error", "no alert on the error budget can fire"),
    "WK222": ("error", "the query may return several series where one is needed"),
    "WK223": ("error", "the indicator's query has its own time window"),
    "WK224": ("error", "the label matcher can select no series"),
    "WK225": ("error", "the label matcher excludes nothing"),
    "WK226": ("error", "`where` names a value that no series has"),
    "WK227": ("error", "the override is for no service"),
    "WK228": ("error", "nothing bounds the values of the label"),
    "WK230": ("error", "the times of the route do not fit together"),
    "WK231": ("error", "the grouping joins different problems"),
    "WK232": ("error", "critical alerts would notify nobody outside some hours"),
    "WK233": ("error", "hours and routes do not fit together"),
    "WK240": ("error", "the text refers to something that the alert does not have"),
    "WK250": ("error", "two services may select the same series"),
    "WK251": ("error", "a target would refuse the rules"),
    "WK260": ("error", "the maintenance window has no possible times"),
    "WK261": ("error", "two maintenance windows overlap"),
    "WK262": ("error", "the maintenance window is for no service"),
    "WK263": ("error", "the correction has no possible times"),
    "WK264": ("error", "the events are left out twice"),
    "WK265": ("error", "the correction is for no objective"),
    "WK301": ("note", "the key has no output yet"),
    "WK302": ("note", "the alert is unproven"),
    "WK303": ("warning", "no alert notifies anybody"),
    "WK304": ("warning", "a burn-rate threshold was adapted"),
    "WK305": ("warning", "good and bad appear to be swapped"),
    "WK306": ("note", "a missing metric cannot be detected"),
    "WK307": ("warning", "the SLO has no alerts"),
    "WK308": ("warning", "links in messages lead to localhost"),
    "WK309": ("warning", "no alert takes the route"),
    "WK311": ("warning", "no receiver uses the proxy"),
    "WK313": ("warning", "runbooks are not served at their address"),
    "WK312": ("note", "the maintenance window is over"),
    "WK314": ("note", "the correction is older than what Prometheus keeps"),
    "WK310": ("warning", "a secret is sent unencrypted"),
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem. `message` says what is wrong, `remedy` what would be right; neither ends with a period."""

    where: Position
    code: str
    message: str
    remedy: str = ""

    @property
    def level(self) -> Level:
        """Return how bad it is: an error stops the render, a warning does so with --strict, a note never."""
        return CODES[self.code][0]

    def __str__(self) -> str:
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.where}: {self.code} {self.message}{remedy}"


class SpecRejected(Exception):
    """The spec has errors; `problems` holds all of them, sorted, with warnings and notes among them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))
