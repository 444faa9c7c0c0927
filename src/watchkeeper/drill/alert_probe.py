"""Ask the running Prometheus and Alertmanager about one alert."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.stack.view.endpoints import Endpoints


@dataclass(frozen=True, slots=True)
class AlertProbe:
    """Reads the state of one alert of one service; a server that does not answer reports nothing."""

    at: Endpoints
    alert: str
    service: str

    def state(self) -> str:
        """Return the alert's state in Prometheus: inactive, pending or firing."""
        states = [one["state"] for one in self._alerts()]
        return max(states, key=("pending", "firing").index) if states else "inactive"

    def is_active(self) -> bool:
        """Return whether Alertmanager lists it as an active alert."""
        wanted = (("alertname", self.alert), ("service", self.service))
        filters = "".join("&filter=" + quote(f'{name}="{value}"') for name, value in wanted)
        try:
            return bool(get_json(f"{self.at.alertmanager}/api/v2/alerts?active=true{filters}"))
        except NoAnswer:
            return False

    def is_scraped(self) -> bool:
        """Return whether a target of the service is up."""
        query = quote(f'max(up{{service="{self.service}"}})')
        try:
            result = get_json(f"{self.at.prometheus}/api/v1/query?query={query}")
        except NoAnswer:
            return False
        values = result["data"]["result"]
        return bool(values) and values[0]["value"][1] == "1"

    def _alerts(self) -> list[dict[str, str]]:
        try:
            listed = get_json(f"{self.at.prometheus}/api/v1/alerts")["data"]["alerts"]
        except NoAnswer:
            return []
        return [one for one in listed if one["labels"]["alertname"] == self.alert and self._is_ours(one)]

    def _is_ours(self, one: dict[str, dict[str, str]]) -> bool:
        return one["labels"].get("service") == self.service
