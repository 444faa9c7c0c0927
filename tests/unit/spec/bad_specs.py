"""Specs that are wrong in one way each. `«` marks where the problem must be reported; tests remove it first."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

from tests.unit.spec.bad_by_label import BAD_BY_LABEL
from tests.unit.spec.bad_corrections import BAD_CORRECTIONS
from tests.unit.spec.bad_dialects import BAD_DIALECTS
from tests.unit.spec.bad_filters import BAD_FILTERS
from tests.unit.spec.bad_maintenance import BAD_MAINTENANCE

MARK = "«"


@dataclass(frozen=True)
class BadSpec:
    """One wrong spec: what is wrong, the code, the text, and a word that the message or remedy must contain."""

    title: str
    code: str
    text: str
    word: str = ""

    @property
    def clean(self) -> str:
        return self.text.replace(MARK, "")

    @property
    def position(self) -> tuple[int, int]:
        before = self.text.split(MARK)[0]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _bad(title: str, code: str, body: str, word: str = "") -> BadSpec:
    return BadSpec(title, code, dedent(body).lstrip("\n"), word)


def _service(title: str, code: str, body: str, word: str = "") -> BadSpec:
    head = "version: watchkeeper/v1\nservice: checkout\nsignals: [http, system]\n"
    return BadSpec(title, code, head + dedent(body).lstrip("\n"), word)


def _slo(title: str, code: str, line: str, word: str = "") -> BadSpec:
    return _service(title, code, f"slos:\n  - {line}\n", word)


def _alert(title: str, code: str, line: str, word: str = "", signals: str = "http, system") -> BadSpec:
    found = _service(title, code, f"alerts:\n  - {line}\n", word)
    return BadSpec(title, code, found.text.replace("http, system", signals), word)


_METRICS = """metrics:
  - {name: jobs_total, type: counter, labels: [kind, outcome], values: {outcome: [done, failed]}}
  - {name: proxy_total, type: counter, external: true, labels: [route], values: {route: [/cart, /pay]}}
  - {name: proxy_seconds, type: histogram, external: true, buckets: [0.5, 1, 2.5]}
"""


def _events(title: str, code: str, part: str, word: str = "") -> BadSpec:
    sli = f"sli:\n      events:\n        {part}\n        total: http_requests_total\n"
    return _service(title, code, f"{_METRICS}slos:\n  - name: a\n    objective: 99%\n    {sli}", word)


_SLI = "sli: {availability: http}"


def _notify(title: str, code: str, line: str, word: str = "") -> BadSpec:
    receivers = "receivers:\n    slack: {webhook_file: s/w, channel: '#a'}\n  routes: {critical: [slack]}"
    return _service(title, code, f"team: payments\nnotify:\n  {receivers}\n  {line}\n", word)


def _receiver_http(title: str, code: str, receiver: str, word: str) -> BadSpec:
    return _service(
        title, code, f"notify:\n  receivers: {{a: {{type: {receiver}}}}}\n  routes: {{critical: [a]}}\n", word
    )


_OFFICE = "active_hours: [{name: office, times: ['09:00-17:00']}]"
_IN_OFFICE = "services: {checkout: {warning: {receivers: [slack], active_hours: [office]}}}"

BAD_SPECS: tuple[BadSpec, ...] = (
    # The file itself.
    _bad("an empty file", "WK008", MARK, "init"),
    _bad("a file with nothing but a comment", "WK008", f"{MARK}# later\n", "empty"),
    _bad("a list instead of a mapping", "WK103", f"{MARK}- a\n- b\n", "mapping"),
    _bad("a tab as indentation", "WK004", f"version: watchkeeper/v1\nservice: a\nsla:\n{MARK}\tpage_load: 3s\n", "spaces"),
    _bad("a bracket that is never closed", "WK004", f"service: a\ntargets: [a:1\nteam{MARK}: b\n", ""),
    _bad("a quote that is never closed", "WK004", f"version: watchkeeper/v1\nservice: {MARK}'a\nteam: b\ntargets: [a:1]\n", "close it with '"),
    _bad("a quote that the next one closes", "WK004",
         f"version: watchkeeper/v1\nservice: a\nteam: {MARK}\"b\nlabels: {{tier: one}}\ndescription: \"c\"\n", 'close it with "'),
    _bad("a quote in a list that the next one closes", "WK004",
         f"service: a\nalerts:\n  - {{name: A, expr: {MARK}'up < 1}}\n  - {{name: B, expr: 'up < 2'}}\n", "line 4"),
    _bad("a quote that an apostrophe closes", "WK004", f"service: {MARK}'a\nteam: b  # don't ask\n", "line 2"),
    _bad("a duplicate key", "WK005", f"version: watchkeeper/v1\nservice: a\n{MARK}service: b\n", "line 2"),
    _bad("a Python tag", "WK006", f"version: watchkeeper/v1\nservice: {MARK}!!python/name:os.system a\n", "python"),
    _bad("a second document", "WK004", f"version: watchkeeper/v1\nservice: a\n{MARK}---\nservice: b\n", "include"),
    _bad("an alias of itself", "WK007", f"version: watchkeeper/v1\nservice: &a [{MARK}*a]\n", "above"),
    _bad("an alias of nothing", "WK007", f"version: watchkeeper/v1\nservice: {MARK}*nothing\n", "nothing"),
    _bad("brackets without end", "WK007", "version: " + "[" * 40 + MARK + "[" * 2000, "40 levels"),
    _bad("a control character", "WK004", f"{MARK}service: \x01\n", "control"),
    # Objectives that cannot be kept, counted or alerted on.
    _slo("an objective so low that nothing can fire", "WK221", f"{{name: a, objective: {MARK}5%, window: 30d, {_SLI}}}", "higher objective"),
    _slo("a policy without tiers for so short a window", "WK214",
         f"{{name: a, objective: 99%, window: 7d, {_SLI}, alerting: {{policy: {MARK}workbook}}}}", "28d"),
    _slo("a rate in an indicator", "WK223",
         f"{{name: a, objective: 99%, sli: {{events: {{bad: '{MARK}rate(http_requests_total[5m])', total: http_requests_total}}}}}}", "rate()"),
    _slo("a gauge that is counted", "WK209",
         f"{{name: a, objective: 99%, sli: {{events: {{bad: {MARK}http_requests_in_progress, total: http_requests_total}}}}}}", "counter"),
    _slo("several values where one is needed", "WK222",
         f"{{name: a, objective: 99%, sli: {{ratio: {MARK}process_open_fds / process_max_fds}}}}", "max("),
    _slo("several values by a label", "WK222",
         f"{{name: a, objective: 99%, sli: {{boolean: {MARK}min by (instance) (process_open_fds)}}}}", "wrap it"),
    _slo("a metric that nothing emits in an indicator", "WK206",
         f"{{name: a, objective: 99%, sli: {{events: {{bad: {MARK}http_request_total, total: http_requests_total}}}}}}", "http_requests_total"),
    _slo("a latency objective on a counter", "WK209",
         f"{{name: a, objective: 99%, sli: {MARK}{{latency: http_requests_total, threshold: 1s}}}}", "histogram"),
    _slo("a latency objective on nothing", "WK206",
         f"{{name: a, objective: 99%, sli: {MARK}{{latency: http_request_seconds, threshold: 1s}}}}", ""),
    _service("a threshold without a bucket in a histogram of others", "WK213",
             f"metrics:\n  - {{name: proxy_seconds, type: histogram, external: true, buckets: [1, 2.5]}}\n"
             f"slos:\n  - {{name: a, objective: 99%, sli: {MARK}{{latency: proxy_seconds, threshold: 2s}}}}\n", "2.5"),
    _service("a native histogram of the service's own", "WK111",
             f"metrics:\n  - {{name: own_seconds, type: histogram, {MARK}native: true}}\n", "external"),
    _bad("two objectives with one id", "WK203",
         f"version: watchkeeper/v1\nservices:\n  - {{service: a, slos: [{{name: b-c, objective: 99%, {_SLI}}}]}}\n"
         f"  - {{service: a-b, targets: ['x:1'], slos: [{{name: {MARK}c, objective: 99%, {_SLI}}}]}}\n", "a-b-c"),
    _service("two objectives whose alerts have the same names", "WK203",
             f"slos:\n  - {{name: v-2, objective: 99%, {_SLI}}}\n  - {{name: {MARK}v2, objective: 99%, {_SLI}}}\n", "CheckoutV2FastBurn"),
    _service("an objective with the group of another's rollups", "WK203",
             f"slos:\n  - {{name: a, objective: 99%, {_SLI}}}\n  - {{name: {MARK}a-tiles, objective: 98%, {_SLI}}}\n", "rollups of a would both be the group"),
    _service("an alert with the name of an objective's", "WK203",
             f"slos:\n  - {{name: a, objective: 99%, {_SLI}}}\n"
             f"alerts:\n  - {{name: {MARK}CheckoutAFastBurn, preset: service_down}}\n", "rename"),
    _service("scrapes too far apart for a burn alert", "WK216",
             f"slos:\n  - {{name: {MARK}a, objective: 99%, {_SLI}}}\nstack: {{scrape_interval: 2m}}\n", "75s"),
    _service("evaluations that do not divide a rollup", "WK216",
             f"slos:\n  - {{name: {MARK}a, objective: 99%, {_SLI}}}\nstack: {{evaluation_interval: 40s}}\n", "30s"),
    _service("an objective whose page has no route", "WK212",
             f"slos:\n  - {{name: {MARK}a, objective: 99%, {_SLI}}}\n"
             "notify:\n  receivers: {slack: {webhook_file: s/w, channel: '#a'}}\n  routes: {warning: [slack]}\n", "critical"),
    # Label matchers that no series can meet, or that all meet.
    _events("a class of status codes as a code", "WK224", f"""bad: 'http_requests_total{{{MARK}status_code="5xx"}}'""", '=~"5.."'),
    _events("a bound as others write it", "WK224",
            f"""good: 'http_request_duration_seconds_bucket{{handler="/checkout",{MARK}le="1"}}'""", 'did you mean "1.0"?'),
    _events("a bound that is no bucket", "WK224", f"""good: 'http_request_duration_seconds_bucket{{{MARK}le="0.7"}}'""", "0.5, 1.0"),
    _events("a pattern behind an equals sign", "WK224", f"""bad: 'http_requests_total{{{MARK}status_code="5.."}}'""", '=~"5.."'),
    _events("a method in lower case", "WK224", f"""bad: 'http_requests_total{{{MARK}method="get",status_code=~"5.."}}'""", '"GET"'),
    _events("a code that no answer has", "WK224", f"""bad: 'http_requests_total{{{MARK}status_code="5000"}}'""", "100 to 599"),
    _events("a service that the spec does not have", "WK224", f"""bad: 'http_requests_total{{{MARK}service="chekout",status_code=~"5.."}}'""", "checkout"),
    _events("an outcome that is not declared", "WK224", f"""bad: 'jobs_total{{{MARK}outcome="faild"}}'""", '"failed"'),
    _events("an exclusion with a typo", "WK225", f"""bad: 'jobs_total{{kind="mail",{MARK}outcome!="doen"}}'""", '"done"'),
    _events("an exclusion of a class as a code", "WK225", f"""good: 'http_requests_total{{{MARK}status_code!="5xx"}}'""", '!~"5.."'),
    _events("an exclusion of everything", "WK224", f"""bad: 'http_requests_total{{{MARK}status_code!~".*"}}'""", "fewer"),
    _events("matchers that contradict each other", "WK224",
            f"""bad: 'http_requests_total{{status_code=~"5..",{MARK}status_code!~"[45].."}}'""", "together"),
    _events("a value of others that is not declared", "WK224", f"""bad: 'proxy_total{{{MARK}route="/basket"}}'""", "/cart"),
    _events("a bound of others that is not declared", "WK224", f"""good: 'proxy_seconds_bucket{{{MARK}le="3"}}'""", "2.5"),
    _alert("a combination that does not occur", "WK224",
           f"""{{name: A, expr: 'sandbox_executions_total{{status="success",{MARK}error_type="timeout"}} > 1'}}""", "together", signals="http, sandbox"),
    _alert("an alert on a status that does not exist", "WK224",
           f"""{{name: A, expr: 'sum(rate(http_requests_total{{{MARK}status_code=~"5xx"}}[5m])) > 1'}}""", '=~"5.."'),
    _alert("a job of the stack", "WK224", f"""{{name: A, expr: 'up{{{MARK}job="alertmanager"}} == 0'}}""", "checkout"),
    _alert("a state that no alert has", "WK224", f"""{{name: A, expr: 'ALERTS{{{MARK}alertstate="fireing"}} == 1'}}""", '"firing"'),
    _alert("a proof with a series that cannot exist", "WK224",
           "{name: A, expr: 'sum(http_requests_total) > 1', proof: {fires: [{series: "
           f"""'http_requests_total{{{MARK}status_code="5xx"}}', values: 9x9}}], silent: [{{series: up, values: 1x9}}]}}}}""", "100 to 599"),
    _events("a sum by a label", "WK222", f"""bad: 'sum {MARK}by (handler) (http_requests_total{{status_code=~"5.."}})'""", "objective for each"),
    _events("a sum without a label", "WK222", f"""bad: 'sum {MARK}without (instance) (http_requests_total{{status_code=~"5.."}})'""", "`without`"),
    _events("the largest of several counters", "WK222", f"""bad: '{MARK}topk(1, http_requests_total{{status_code=~"5.."}})'""", "topk"),
    _events("counters that are matched by a label", "WK222",
            f"""bad: 'http_requests_total{{status_code=~"5.."}} * {MARK}on (handler) http_requests_total'""", "`on`"),
    # Units of histograms.
    _service("a unit of a counter", "WK111", f"metrics:\n  - {{name: a_total, type: counter, external: true, {MARK}unit: ms}}\n", "histograms"),
    _service("a unit of the service's own histogram", "WK111", f"metrics:\n  - {{name: a_seconds, type: histogram, {MARK}unit: ms}}\n", "seconds"),
    _service("a unit that is none", "WK104", f"metrics:\n  - {{name: a, type: histogram, external: true, unit: {MARK}msec}}\n", "ms"),
    _service("a histogram in milliseconds that does not say so", "WK102",
             f"metrics:\n  - {MARK}{{name: istio_request_duration_milliseconds, type: histogram, external: true, buckets: [1, 250]}}\n", "unit: ms"),
    _service("a threshold that is no bound in milliseconds", "WK213",
             "metrics:\n  - {name: proxy_ms, type: histogram, external: true, unit: ms, buckets: [100, 250]}\n"
             f"slos:\n  - {{name: a, objective: 99%, sli: {MARK}{{latency: proxy_ms, threshold: 200ms}}}}\n", "250 ms"),
    _service("bounds that appear to be milliseconds", "WK213",
             "metrics:\n  - {name: proxy, type: histogram, external: true, buckets: [100, 250]}\n"
             f"slos:\n  - {{name: a, objective: 99%, sli: {MARK}{{latency: proxy, threshold: 250ms}}}}\n", "unit: ms"),
    _alert("an undeclared histogram in milliseconds", "WK206",
           f"{{name: {MARK}A, preset: latency_quantile, metric: proxy_milliseconds, above: 1s, external: true}}", "unit: ms"),
    # Unknown keys at each level, at the key.
    _service("an unknown key at the top", "WK101", f"{MARK}slo: []\n", "slos"),
    _slo("an unknown key in an SLO", "WK101", f"{{name: a, objective: 99%, {MARK}windw: 7d, {_SLI}}}", "window"),
    _slo("an unknown key in an indicator", "WK101", f"{{name: a, objective: 99%, sli: {{{MARK}availibility: http}}}}", "availability"),
    _slo("an unknown key in events", "WK101",
         f"{{name: a, objective: 99%, sli: {{events: {{bad: http_requests_total, total: http_requests_total, {MARK}totl: x}}}}}}", "allowed"),
    _slo("an unknown key in alerting", "WK101", f"{{name: a, objective: 99%, {_SLI}, alerting: {{{MARK}pge: off}}}}", "page"),
    _alert("an unknown key in an alert", "WK101", f"{{preset: service_down, {MARK}severty: critical}}", "severity"),
    _service("an unknown key in a metric", "WK101", f"metrics:\n  - {{name: a_total, type: counter, {MARK}label: [x]}}\n", "labels"),
    _service("an unknown key in the SLA", "WK101", f"sla: {{{MARK}pageload: 3s}}\n", "page_load"),
    _service("an unknown key in notify", "WK101", f"notify: {{{MARK}route: {{}}}}\n", "routes"),
    _service("an unknown key in a receiver", "WK101",
             f"notify:\n  receivers:\n    slack: {{webhook_file: s/w, {MARK}chanel: '#a'}}\n  routes: {{critical: [slack]}}\n", "channel"),
    _service("a value that stands as a key", "WK101",
             f"notify: {{receivers: {{oncall: {{{MARK}pagerduty: {{routing_key_file: k}}}}}}}}\n", "write `type: pagerduty`"),
    _service("an unknown severity in the routes", "WK101", f"notify: {{routes: {{{MARK}crit: [slack]}}}}\n", "critical"),
    _service("a key of the mapping around it", "WK101", f"notify: {{routes: {{{MARK}teams: {{}}}}}}\n", "in `notify`, beside `routes`"),
    _service("a key of the top, further in", "WK101", f"stack: {{ports: {{{MARK}downtime: gap}}}}\n", "at the top of the file, beside `stack`"),
    _slo("a key of the mapping inside", "WK101", f"{{name: a, objective: 99%, sli: {{{MARK}total: a_total}}}}", "`events: {total: ...}`"),
    _slo("a mapping under the wrong name", "WK103", f"{{name: a, objective: 99%, sli: {{ratio: {MARK}{{good: a, total: b}}}}}}", "`events`, which has `good` and `total`"),
    _service("a mapping for a list", "WK103", f"alerts: {MARK}{{preset: service_down}}\n", "write a list: - {"),
    _service("a mapping for names", "WK103", f"metrics:\n  - {{name: a_total, type: counter, labels: {MARK}{{x: 1}}}}\n", "write a list: [...]"),
    _alert("a word for a number", "WK103", f"{{preset: latency_quantile, quantile: {MARK}p95, above: 1s, severity: critical}}", "such as 0.95"),
    _service("a word for a mapping", "WK103", f"stack: {{ports: {MARK}9090}}\n", "it has the keys prometheus, alertmanager, grafana, jaeger ..."),
    _service("an unknown key in the stack", "WK101", f"stack: {{{MARK}retension: 31d}}\n", "retention"),
    _service("an unknown port", "WK101", f"stack: {{ports: {{{MARK}prometeus: 9090}}}}\n", "prometheus"),
    _bad("a service in a list that is called by name", "WK101",
         f"version: watchkeeper/v1\nservices:\n  - {{{MARK}name: a, service: b}}\n", "allowed"),
    # Missing keys and wrong types.
    _bad("no version", "WK102", f"{MARK}service: a\n", "watchkeeper/v1"),
    _bad("no service", "WK102", f"{MARK}version: watchkeeper/v1\n", "service: NAME"),
    _bad("an unknown version", "WK104", f"version: {MARK}watchkeeper/v9\nservice: a\n", "watchkeeper/v1"),
    _slo("an SLO without an objective", "WK102", f"{MARK}{{name: a, {_SLI}}}", "objective"),
    _service("targets that are no list", "WK103", f"targets: {MARK}checkout:8000\n", "[...]"),
    _service("a password in the place of its file", "WK218",
             f"scrape: {{basic_auth: {{username: a, password_file: {MARK}hunter2}}}}\n", "file"),
    _service("a secret of a scrape in a folder of rendered files", "WK109",
             f"scrape: {{bearer_token_file: {MARK}rules/token}}\n", "secrets/NAME"),
    _service("a user with a colon", "WK107",
             f"scrape: {{basic_auth: {{username: {MARK}'a:b', password_file: secrets/p}}}}\n", "user"),
    _service("a user without a password", "WK102", f"scrape: {{{MARK}basic_auth: {{username: a}}}}\n", "password_file"),
    _service("certificates of a scrape by http", "WK111", f"scrape: {{{MARK}tls: {{ca_file: secrets/ca}}}}\n", "https"),
    _service("a certificate without its key", "WK102",
             f"scrape: {{scheme: https, tls: {MARK}{{cert_file: secrets/c}}}}\n", "key_file"),
    _service("a password and a token", "WK111",
             "scrape: {basic_auth: {username: a, password_file: secrets/p}, " + f"{MARK}bearer_token_file: secrets/t}}\n",
             "one of them"),
    _service("a scheme that is none", "WK104", f"scrape: {{scheme: {MARK}tls}}\n", "https"),
    _service("a scrape of the demo with credentials", "WK111",
             f"stack: {{demo: checkout}}\nscrape: {MARK}{{bearer_token_file: secrets/t}}\n", "demo"),
    _service("a stack that others reach without TLS", "WK111",
             f"stack: {{access: {{listen: {MARK}0.0.0.0}}}}\n", "tls"),
    _service("an address that is a name", "WK109", f"stack: {{access: {{tls: {{}}, listen: {MARK}localhost}}}}\n", "IPv4"),
    _service("a password in the spec", "WK101", f"stack: {{access: {{{MARK}password: hunter2}}}}\n", "tls"),
    _service("a team that is a number", "WK103", f"team: {MARK}7\n", "quotes"),
    _service("a label that is a truth value", "WK103", f"labels: {{tier: {MARK}true}}\n", "quotes"),
    _service("a port that is text", "WK103", f"stack: {{ports: {{prometheus: {MARK}'9090'}}}}\n", "whole number"),
    _service("an empty list of targets", "WK110", f"targets: {MARK}[]\n", "empty"),
    # Values.
    _slo("an objective as a bare fraction", "WK201", f"{{name: a, objective: {MARK}0.999, {_SLI}}}", "99.9%"),
    _slo("an objective of 100", "WK202", f"{{name: a, objective: {MARK}100%, {_SLI}}}", "budget"),
    _slo("an objective of 0", "WK202", f"{{name: a, objective: {MARK}0, {_SLI}}}", "over 0"),
    _slo("an objective over 100", "WK202", f"{{name: a, objective: {MARK}999%, {_SLI}}}", "under 100"),
    _slo("an objective that is a word", "WK106", f"{{name: a, objective: {MARK}high, {_SLI}}}", "99.5%"),
    _slo("a window too long", "WK214", f"{{name: a, objective: 99%, window: {MARK}91d, {_SLI}}}", "90d"),
    _slo("a window too short", "WK214", f"{{name: a, objective: 99%, window: {MARK}1h, {_SLI}}}", "1d"),
    _slo("a window that is none", "WK214", f"{{name: a, objective: 99%, window: {MARK}fortnight, {_SLI}}}", "14d"),
    _slo("a calendar window with a slip", "WK214", f"{{name: a, objective: 99%, window: {MARK}monthly, {_SLI}}}", "did you mean month?"),
    _slo("a zone for a rolling window", "WK111", f"{{name: a, objective: 99%, window: 30d, {MARK}time_zone: UTC, {_SLI}}}", "window: month"),
    _slo("a calendar zone with a slip", "WK109",
         f"{{name: a, objective: 99%, window: month, time_zone: {MARK}Europe/Berlni, {_SLI}}}", "did you mean Europe/Berlin?"),
    _slo("a calendar by a clock without a rule", "WK214",
         f"{{name: a, objective: 99%, window: quarter, time_zone: {MARK}Africa/Casablanca, {_SLI}}}", "another time zone"),
    _slo("a forecast longer than a month", "WK108",
         f"{{name: a, objective: 99%, window: month, {_SLI}, alerting: {{exhausted_in: {MARK}31d}}}}", "less than"),
    _slo("an alert on an exhausted budget by percentage", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [50%, {MARK}0%]}}}}", "BudgetExhausted"),
    _slo("an alert on an untouched budget", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [{MARK}100%, 25%]}}}}", "1% to 99%"),
    _slo("a budget of more than all", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [{MARK}150]}}}}", "whole percentage"),
    _slo("a broken percentage of a budget", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [{MARK}0.5]}}}}", "whole percentage"),
    _slo("a budget in words", "WK106", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [{MARK}half]}}}}", "percentage"),
    _slo("percentages of a budget that rise", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [25%, {MARK}50%]}}}}", "largest first"),
    _slo("a percentage of a budget twice", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: [50%, {MARK}50]}}}}", "once"),
    _slo("percentages that rise in a mapping", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: {{25%: info, 50%: {MARK}warning}}}}}}", "largest first"),
    _slo("a severity of a budget that is none", "WK104", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: {{25%: {MARK}urgent}}}}}}", "critical"),
    _slo("a key of a budget that is no percentage", "WK106", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: {{{MARK}half: info}}}}}}", "percentage"),
    _slo("a budget that needs no list", "WK103", f"{{name: a, objective: 99%, {_SLI}, alerting: {{budget: {MARK}50%}}}}", "list"),
    _slo("a forecast as long as the window", "WK108", f"{{name: a, objective: 99%, window: 7d, {_SLI}, alerting: {{exhausted_in: {MARK}7d}}}}", "24h"),
    _slo("a forecast shorter than the burn rate's hour", "WK108", f"{{name: a, objective: 99%, {_SLI}, alerting: {{exhausted_in: {MARK}30m}}}}", "24h"),
    _slo("a budget without alerts", "WK111", f"{{name: a, objective: 99%, {_SLI}, alerting: {{enabled: false, {MARK}budget: [50%]}}}}", "remove"),
    _service("an alert with the name of one on a budget", "WK203",
             f"slos:\n  - {{name: a, objective: 99%, {_SLI}, alerting: {{budget: [50%]}}}}\nalerts:\n  - {{name: {MARK}CheckoutABudgetBelow50Percent, preset: service_down}}\n", "rename"),
    _slo("a bad duration", "WK105", f"{{name: a, objective: 99%, sli: {{latency: http, threshold: {MARK}200}}}}".replace("200", "'200 ms'"), "200"),
    _alert("a duration in words", "WK105", f"{{preset: service_down, for: {MARK}2 minutes}}", "5m"),
    _alert("a duration of nothing", "WK105", f"{{preset: service_down, for: {MARK}0s}}", "zero"),
    _alert("an unknown preset", "WK104", f"{{preset: {MARK}service_dwn}}", "service_down"),
    _alert("an unknown severity", "WK104", f"{{preset: service_down, severity: {MARK}page}}", "critical"),
    _alert("a ratio as a bare fraction", "WK106", f"{{preset: error_ratio, above: {MARK}0.05}}", "5%"),
    _alert("a latency without a unit", "WK105", f"{{preset: latency_quantile, above: {MARK}500}}", "500ms"),
    _alert("a quantile over one", "WK108", f"{{preset: latency_quantile, above: 1s, quantile: {MARK}95}}", "less than 1"),
    _alert("replicas below one", "WK220", f"{{preset: replicas_below, below: {MARK}1}}", "service_down"),
    _alert("replicas without a number", "WK102", f"{MARK}{{preset: replicas_below}}", "below"),
    _alert("failing health without its pack", "WK207", f"{{name: {MARK}A, preset: health_failing}}", "health"),
    _alert("an alert that can never fire", "WK220", f"{{preset: error_ratio, above: {MARK}100%}}", "never exceeds"),
    _alert("a preset without its threshold", "WK102", f"{MARK}{{preset: error_ratio}}", "above"),
    _service("labels that select nothing", "WK110", f"match: {MARK}{{}}\n"),
    _service("a label value that is no text", "WK103", f"match: {{namespace: {MARK}7}}\n"),
    _service("a label value that would end a template", "WK107", f"match: {{job: {MARK}'a`b'}}\n", "quotes"),
    _service("a label value that a dashboard would fill in", "WK107", f"match: {{job: {MARK}a$b}}\n", "printable"),
    _service("a label that rules set", "WK217", f"match: {{{MARK}slo_id: a}}\n", "reserved"),
    _service("a service's own label", "WK217", f"match: {{{MARK}service: other}}\n", "scrape: false"),
    _service("a label that up lacks", "WK217", f"match: {{{MARK}handler: /pay, job: checkout}}\n", "up"),
    _service("targets of others", "WK111", f"match: {{job: a}}\n{MARK}targets: [\"a:8000\"]\n", "others scrape"),
    _service("targets that nobody scrapes", "WK111", f"scrape: false\n{MARK}metrics_path: /m\n", "scrape: false"),
    _service("labels of others on a job of ours", "WK111", f"{MARK}match: {{job: a}}\nscrape: true\n", "scrape: false"),
    _service("targets listed and found", "WK111", f"targets: [\"a:8000\"]\n{MARK}discovery: {{file: [/srv/a.json]}}\n", "one of them"),
    _service("two ways to find targets", "WK111", f"discovery: {MARK}{{file: [/srv/a.json], http: 'http://a'}}\n", "exactly one"),
    _service("an address record without a port", "WK102", f"discovery: {{dns: {MARK}{{names: [a], type: AAAA}}}}\n", "port"),
    _service("a port beside SRV records", "WK111", f"discovery: {{dns: {{names: [a], type: SRV, {MARK}port: 1}}}}\n", "leave it out"),
    _service("target files outside of their folder", "WK109", f"discovery: {{file: [{MARK}discovery/../a.json]}}\n", "absolute"),
    _service("a demo of others", "WK111", f"match: {{job: a}}\nstack: {{demo: {MARK}checkout}}\n", "others scrape"),
    _bad("services that share series", "WK250", f"""
        version: watchkeeper/v1
        services:
          - {{service: a, match: {{job: web, namespace: prod}}}}
          - {{service: b, match: {{{MARK}job: web}}}}
        """, "differs"),
    _bad("a refused label that alone tells two services apart", "WK107", f"""
        version: watchkeeper/v1
        services:
          - {{service: a, match: {{job: web, namespace: prod}}}}
          - {{service: b, match: {{job: web, namespace: {MARK}a$b}}}}
        """, "printable"),
    _bad("labels of a job of ours", "WK250", f"""
        version: watchkeeper/v1
        services:
          - {{service: a}}
          - {{service: b, match: {{{MARK}job: a}}}}
        """, "differs"),
    _alert("a key of another preset", "WK111", f"{{preset: service_down, {MARK}above: 5%}}", "service_down"),
    _alert("preset and expression at once", "WK111", f"{MARK}{{preset: service_down, expr: up}}", "one of them"),
    _alert("neither preset nor expression", "WK111", f"{MARK}{{name: Alone}}", "preset"),
    _slo("an indicator that counts nothing", "WK111", f"{{name: a, objective: 99%, sli: {MARK}{{downtime: bad}}}}", "exactly one"),
    _slo("an indicator that counts twice", "WK111", f"{{name: a, objective: 99%, sli: {MARK}{{availability: http, latency: http, threshold: 1s}}}}", "exactly one"),
    _slo("events with neither bad nor good", "WK111", f"{{name: a, objective: 99%, sli: {{events: {MARK}{{total: http_requests_total}}}}}}", "bad"),
    _service("a target with a scheme", "WK109", f"targets: [{MARK}'http://checkout:8000']\n", "host:port"),
    _service("a target without a port", "WK109", f"targets: [{MARK}checkout]\n", "host:port"),
    # Names.
    _bad("a service name with capitals", "WK107", f"version: watchkeeper/v1\nservice: {MARK}Checkout\n", "lower-case"),
    _alert("an alert name with a space", "WK107", f"{{name: {MARK}High errors, preset: service_down}}", "HighErrorRate"),
    _service("a label name that is not legal", "WK107", f"labels: {{{MARK}my-tier: a}}\n", "underscores"),
    _service("a reserved label", "WK217", f"labels: {{{MARK}severity: a}}\n", "reserved"),
    _service("a label of drills", "WK217", f"labels: {{{MARK}watchkeeper_drill: a}}\n", "reserved"),
    _bad("drills every few minutes", "WK108", f"version: watchkeeper/v1\nservice: shop\nnotify: {{drill_every: {MARK}5m}}\n", "between 1d and 365d"),
    _bad("backups every few minutes", "WK108", f"version: watchkeeper/v1\nservice: shop\nstack: {{backup_every: {MARK}5m}}\n", "between 1h and 365d"),
    _service("the label that names an alert's kind", "WK217", f"labels: {{{MARK}alert_kind: a}}\n", "reserved"),
    _alert("the label of the kind on an alert", "WK217", f"{{preset: service_down, labels: {{{MARK}alert_kind: a}}}}", "reserved"),
    _service("the label of the kind on an objective", "WK217",
             f"slos:\n  - {{name: a, objective: 99%, labels: {{{MARK}alert_kind: a}}, {_SLI}}}\n", "reserved"),
    _bad("a service's label that hides its metrics' own", "WK217",
         f"version: watchkeeper/v1\nservice: {MARK}checkout\nlabels: {{status_code: none}}\n", "http_requests_total"),
    _bad("a service called like a part of the stack", "WK217", f"version: watchkeeper/v1\nservice: {MARK}prometheus\n", "stack"),
    _bad("a demo called like its load", "WK217", f"version: watchkeeper/v1\nservice: {MARK}load\nstack: {{demo: load}}\n", "part of the demo"),
    _service("a counter without _total", "WK107", f"metrics:\n  - {{name: {MARK}orders, type: counter}}\n", "orders_total"),
    _service("a metric that the contract has", "WK203", f"metrics:\n  - {{name: {MARK}http_requests_total, type: counter}}\n", "http pack"),
    _service("two SLOs of one name", "WK203", f"slos:\n  - {{name: a, objective: 99%, {_SLI}}}\n  - {{name: {MARK}a, objective: 98%, {_SLI}}}\n", "second SLO"),
    _service("two alerts of one name", "WK203", f"alerts:\n  - {{preset: service_down}}\n  - {MARK}{{preset: service_down}}\n", "second alert"),
    _bad("two services of one name", "WK203",
         f"version: watchkeeper/v1\nservices:\n  - {{service: a, targets: ['a:1']}}\n  - {{service: {MARK}a, targets: ['a:2']}}\n", "second service"),
    _bad("two services whose dashboards have one address", "WK203",
         f"version: watchkeeper/v1\nservices:\n  - {{service: payments-platform-eu-west-1-checkout-api}}\n"
         f"  - {{service: {MARK}payments-platform-eu-east-9-checkout-api}}\n", "one address"),
    _bad("the name of Grafana's root folder", "WK217", f"version: watchkeeper/v1\nservice: {MARK}general\n", "root folder"),
    _bad("two services with one port", "WK204",
         f"version: watchkeeper/v1\nservices:\n  - {{service: a, targets: ['localhost:8000']}}\n  - {{service: b, targets: [{MARK}'localhost:8000']}}\n", "own port"),
    _service("two parts of the stack on one port", "WK219", f"stack: {{ports: {{grafana: {MARK}9090}}}}\n", "prometheus"),
    # Receivers and routes.
    _service("a receiver that no route uses", "WK210",
             f"notify:\n  receivers:\n    slack: {MARK}{{webhook_file: s/w, channel: '#a'}}\n", "route"),
    _service("a route to a receiver that does not exist", "WK211",
             f"notify:\n  receivers:\n    slack: {{webhook_file: s/w, channel: '#a'}}\n  routes: {{critical: [slack, {MARK}slak]}}\n", "slack"),
    _service("an alert without a route", "WK212",
             f"alerts:\n  - {{name: {MARK}Down, preset: service_down, severity: info}}\n"
             "notify:\n  receivers:\n    slack: {webhook_file: s/w, channel: '#a'}\n  routes: {critical: [slack]}\n", "info"),
    _notify("an override of a team that no service has", "WK227", f"teams: {{{MARK}payment: {{critical: [slack]}}}}", "payments"),
    _notify("an override of a service that does not exist", "WK227", f"services: {{{MARK}chekout: {{critical: [slack]}}}}", "checkout"),
    _notify("a team's route to a receiver that does not exist", "WK211",
            f"teams: {{payments: {{critical: [slack, {MARK}slak]}}}}", "slack"),
    _notify("a service's route of an unknown severity", "WK101", f"services: {{checkout: {{{MARK}page: [slack]}}}}", "critical"),
    _alert("an alert's receiver that does not exist", "WK211", f"{{preset: service_down, receivers: [{MARK}slack]}}", "slack"),
    _notify("an objective's receiver that does not exist", "WK211",
            f"mute: []\nslos:\n  - {{name: a, objective: 99%, {_SLI}, receivers: {{critical: [slack], warning: [{MARK}slak]}}}}", "slack"),
    _notify("hours that do not exist", "WK233", f"teams: {{payments: {{warning: {{receivers: [slack], active_hours: [{MARK}office]}}}}}}", "define office"),
    _notify("hours with a typo", "WK233",
            f"services: {{checkout: {{warning: {{receivers: [slack], active_hours: [{MARK}ofice]}}}}}}\n  active_hours: [{{name: office, times: ['09:00-17:00']}}]", "office?"),
    _notify("hours that no route names", "WK233", f"active_hours: [{{name: {MARK}office, times: ['09:00-17:00']}}]", "no route"),
    _notify("hours without an end", "WK111", f"active_hours: [{MARK}{{name: office}}]\n  {_IN_OFFICE}", "all hours"),
    _notify("hours in no time zone", "WK109", f"active_hours: [{{name: office, times: ['09:00-17:00'], location: {MARK}Berlin}}]", "Europe/Berlin"),
    _notify("hours with the name of a mute", "WK203",
            f"mute: [{{name: nights, times: ['22:00-06:00']}}]\n  active_hours: [{{name: {MARK}nights, times: ['22:00-06:00']}}]\n  {_IN_OFFICE.replace('office', 'nights')}", "second"),
    _notify("a critical alert for nobody at night", "WK232",
            f"{_OFFICE}\nalerts:\n  - {{preset: service_down, severity: critical, receivers: {{receivers: [slack], active_hours: {MARK}[office]}}}}", "outside_hours: nobody"),
    _notify("a critical route for nobody at night", "WK232",
            f"{_OFFICE}\n  services: {{checkout: {{critical: {{receivers: [slack], active_hours: {MARK}[office]}}}}}}", "outside_hours: nobody"),
    _notify("nobody outside of no hours", "WK111", f"services: {{checkout: {{critical: {{receivers: [slack], {MARK}outside_hours: nobody}}}}}}", "active_hours"),
    _notify("somebody else outside the hours", "WK104",
            f"services: {{checkout: {{critical: {{receivers: [slack], active_hours: [office], outside_hours: {MARK}somebody}}}}}}", "write [somebody] for a receiver, or nobody"),
    _notify("a receiver for the evenings that does not exist", "WK211",
            f"{_OFFICE}\n  services: {{checkout: {{critical: {{receivers: [slack], active_hours: [office], outside_hours: [{MARK}slak]}}}}}}", "slack"),
    _notify("the same receiver at all hours", "WK233",
            f"{_OFFICE}\n  services: {{checkout: {{critical: {{receivers: [slack], active_hours: [office], outside_hours: [{MARK}slack]}}}}}}", "name others"),
    _service("hours that leave no time to others", "WK233",
             "notify:\n  receivers: {slack: {webhook_file: s/w, channel: '#a'}, audit: {type: webhook, url_file: s/a}}\n"
             "  active_hours: [{name: office, weekdays: ['monday:saturday', sunday], times: ['06:30-18:00', '17:00-06:30']}]\n"
             f"  routes: {{critical: {{receivers: [slack], active_hours: [office], outside_hours: [{MARK}audit]}}}}\n", "whole week"),
    _notify("receivers outside of no hours", "WK111", f"services: {{checkout: {{critical: {{receivers: [slack], {MARK}outside_hours: [slack]}}}}}}", "active_hours"),
    *(_receiver_http(*each) for each in (
        ("a token for an API with a key of its own", "WK111", f"opsgenie, api_key_file: s/k, http: {{{MARK}bearer_token_file: s/t}}", "API key"),
        ("a token beside a password", "WK111",
         f"webhook, url_file: s/u, http: {{basic_auth: {{username: a, password_file: s/p}}, {MARK}bearer_token_file: s/t}}", "one of them"),
        ("exceptions of no proxy of a receiver", "WK111", f"webhook, url_file: s/u, http: {{{MARK}no_proxy: [a.example]}}", "proxy_url"),
        ("a receiver's certificate without a key", "WK102", f"webhook, url_file: s/u, http: {{tls: {MARK}{{cert_file: s/c}}}}", "key_file"),
        ("settings of HTTP for mail", "WK111", f"email, to: a@b.example, smarthost: 'm:25', {MARK}http: {{follow_redirects: false}}", "email"),
        ("a token instead of its file", "WK218", f"webhook, url_file: s/u, http: {{bearer_token_file: {MARK}tok3n}}", "file"),
    )),
    _notify("a route without receivers", "WK102", f"teams: {{payments: {{{MARK}warning: {{repeat_interval: 4h}}}}}}", "receivers"),
    _notify("a repeat that is no multiple of the interval", "WK230",
            f"teams: {{payments: {{critical: {{receivers: [slack], repeat_interval: {MARK}90s}}}}}}", "2m"),
    _notify("a repeat that is shorter than the interval", "WK230",
            f"teams: {{payments: {{warning: {{receivers: [slack], repeat_interval: {MARK}1m}}}}}}", "5m"),
    _notify("an interval that the usual repeat is no multiple of", "WK230",
            f"teams: {{payments: {{critical: {{receivers: [slack], group_interval: {MARK}7m}}}}}}", "63m"),
    _notify("a repeat that Alertmanager forgets", "WK230",
            f"teams: {{payments: {{info: {{receivers: [slack], repeat_interval: {MARK}7d}}}}}}", "5d"),
    _notify("a group interval of seconds", "WK108",
            f"teams: {{payments: {{critical: {{receivers: [slack], group_interval: {MARK}5s}}}}}}", "10s"),
    _notify("a wait for more alerts that outlasts the detection", "WK230",
            f"services: {{checkout: {{critical: {{receivers: [slack], group_wait: {MARK}5m}}, warning: [slack]}}}}\n"
            f"slos:\n  - {{name: a, objective: 99.9%, {_SLI}}}", "CheckoutAFastBurn takes"),
    _notify("a wait that outlasts the fastest of two alerts", "WK230",
            f"services: {{checkout: {{critical: {{receivers: [slack], group_wait: {MARK}3m}}}}}}\n"
            "alerts:\n  - {preset: service_down, for: 2m, severity: critical}\n  - {preset: error_ratio, above: 5%, for: 9m, severity: critical}", "ServiceDown takes"),
    _notify("groups without the objective", "WK231",
            f"teams: {{payments: {{critical: {{receivers: [slack], group_by: {MARK}[alertname, service]}}}}}}", "slo_id"),
    _notify("groups of all labels", "WK107",
            f"teams: {{payments: {{critical: {{receivers: [slack], group_by: [{MARK}'...']}}}}}}", "label"),
    _notify("two proxies", "WK111", f"proxy_url: http://proxy:3128\n  {MARK}proxy_from_environment: true", "one"),
    _notify("a proxy with its password", "WK218", f"proxy_url: {MARK}http://me:hunter2@proxy:3128", "proxy_from_environment"),
    _notify("a proxy that is no address", "WK109", f"proxy_url: {MARK}proxy:3128", "https://"),
    _notify("exceptions from no proxy", "WK111", f"{MARK}no_proxy: [.internal]", "proxy_url"),
    _notify("exceptions from a proxy of the environment", "WK111", f"proxy_from_environment: true\n  {MARK}no_proxy: [.internal]", "NO_PROXY"),
    _notify("an exception that is an address", "WK109", f"proxy_url: http://proxy:3128\n  no_proxy: [{MARK}'http://internal']", "internal.example"),
    _alert("an alert with an environment of its own", "WK217", f"{{name: {MARK}Down, preset: service_down, labels: {{environment: staging}}}}", "stack"),
    _service("a channel without its #", "WK109",
             f"notify:\n  receivers:\n    slack: {{webhook_file: s/w, channel: {MARK}incidents}}\n  routes: {{critical: [slack]}}\n", '"#incidents"'),
    _service("a smarthost without a port", "WK109",
             f"notify:\n  receivers:\n    email: {{to: a@b.example, smarthost: {MARK}smtp.example.com}}\n  routes: {{critical: [email]}}\n", "host:port"),
    _service("a mail address without a domain", "WK109",
             f"notify:\n  receivers:\n    email: {{to: {MARK}oncall, smarthost: 'm.example:25'}}\n  routes: {{critical: [email]}}\n", "oncall@example.com"),
    _service("a secret in the spec", "WK218",
             f"notify:\n  receivers:\n    slack: {{webhook_file: {MARK}'https://hooks.slack.com/services/T/B/x', channel: '#a'}}\n  routes: {{critical: [slack]}}\n", "file"),
    _service("a receiver of no known type", "WK102",
             f"notify:\n  receivers:\n    chat: {MARK}{{webhook_file: s/w, channel: '#a'}}\n  routes: {{critical: [chat]}}\n", "type"),
    # PromQL and what it refers to.
    _alert("a PromQL syntax error, at its column", "WK205", f"{{name: A, expr: 'sum(rate(up[5m])) > > {MARK}1'}}".replace(f"> > {MARK}1", f"> {MARK}> 1"), "unexpected"),
    _alert("a string in PromQL that is never closed", "WK205",
           f"""{{name: A, expr: 'sum(rate(http_requests_total{{status_code={MARK}"500}}[5m])) > 1'}}""", "unterminated"),
    _alert("PromQL nested beyond reading", "WK205", f"{{name: A, expr: '{MARK}" + "(" * 200 + "up" + ")" * 200 + "'}", "deep"),
    _alert("a metric that nothing emits", "WK206", f"{{name: A, expr: 'sum({MARK}http_request_total) > 1'}}", "http_requests_total"),
    _alert("a metric of a pack that is off", "WK207", f"{{name: A, expr: '{MARK}sandbox_pool_available < 2'}}", "sandbox"),
    _alert("a label that the metric lacks", "WK208", f"""{{name: A, expr: 'sum(http_requests_total{{{MARK}code="500"}}) > 1'}}""", "status_code"),
    _alert("a gauge preset on a counter", "WK209", f"{{name: {MARK}A, preset: gauge_above, metric: http_requests_total, above: 3}}", "gauge"),
    _alert("a preset whose pack is off", "WK207", f"{{name: {MARK}A, preset: gauge_below, metric: sandbox_pool_available, below: 2}}", "signals"),
    _service("a threshold without a bucket", "WK213",
             "metrics:\n  - {name: lag_seconds, type: histogram, buckets: [0.1, 1], external: true}\n"
             f"alerts:\n  - {{preset: latency_quantile, metric: lag_seconds, above: {MARK}500ms}}\n", "nearest"),
    _service("buckets that fall", "WK108", f"metrics:\n  - {{name: lag_seconds, type: histogram, buckets: {MARK}[1, 0.1]}}\n", "rising order"),
    _alert("a range where a value belongs", "WK205", f"{{name: A, expr: '{MARK}up[5m]'}}", "range"),
    _alert("a function that Prometheus has switched off", "WK205", f"{{name: A, expr: '{MARK}limitk(1, up)'}}", "experimental"),
    _alert("matchers joined with or", "WK205", f"""{{name: A, expr: 'sum(http_requests_total{{handler="a" {MARK}or handler="b"}}) > 1'}}""", "two selectors"),
    _alert("a duration of centuries", "WK108", f"{{preset: service_down, for: {MARK}300y}}", "ten years"),
    _alert("a key that fits no metric of the preset", "WK111", f"{{preset: service_down, {MARK}metric: up}}", "service_down"),
    _alert("a quoted ratio as a bare fraction", "WK106", f"{{preset: error_ratio, above: {MARK}'0.05'}}", "5%"),
    _alert("a limit beyond numbers", "WK108", f"{{preset: gauge_above, metric: process_open_fds, above: {MARK}1e999}}", "gauge"),
    _alert("a proof of no series", "WK205",
           f"{{name: A, expr: up < 1, proof: {{fires: [{{series: {MARK}'d{{', values: 0x9}}], silent: [{{series: up, values: 1x9}}]}}}}", "series"),
    _alert("a proof without samples", "WK205",
           f"{{name: A, expr: up < 1, proof: {{fires: [{{series: up, values: {MARK}garbage}}], silent: [{{series: up, values: 1x9}}]}}}}", "0+1x60"),
    _service("an external histogram of unknown buckets", "WK213",
             "metrics:\n  - {name: lag_seconds, type: histogram, external: true}\n"
             f"alerts:\n  - {{preset: latency_quantile, metric: lag_seconds, above: {MARK}500ms}}\n", "declared"),
    _service("a metric that exposes another's series", "WK203",
             f"metrics:\n  - {{name: {MARK}http_request_duration_seconds_count, type: gauge}}\n", "belongs"),
    _service("digits of another script", "WK106", f"sla: {{availability: {MARK}'٩٩%'}}\n", "99.5%"),
    # Secrets and templates.
    _alert("a runbook with template actions", "WK109", f"{{preset: service_down, runbook: {MARK}'https://a.example.com/{{{{x}}}}'}}", "braces"),
    _alert("notes that nobody wrote", "WK012", f"{{preset: service_down, runbook_notes: {MARK}notes/down.md}}", "notes/down.md"),
    _service("notes of an objective that are a folder", "WK012",
             f"slos:\n  - {{name: o, objective: 99%, sli: {{availability: http}}, runbook_notes: {MARK}.}}\n", "regular"),
    _service("the rendered form as the team's own", "WK012", f"runbook_template: {MARK}monitoring/RUNBOOK_TEMPLATE.md\n", "another name"),
    _service("an address with a password", "WK218", f"runbook_base_url: {MARK}'https://me:hunter2@example.com'\n", "password"),
    _service("a mute without an end", "WK111", f"notify:\n  mute: [{MARK}{{name: always}}]\n", "never ends"),
    _service("a mail account without its password's file", "WK102",
             "notify:\n  routes: {critical: [email]}\n  receivers:\n"
             f"    email: {MARK}{{to: a@example.com, smarthost: 'm:25', auth_username: me}}\n", "auth_password_file"),
    # Receivers of further kinds.
    _service("a Telegram receiver without its chat", "WK102",
             f"notify:\n  routes: {{critical: [telegram]}}\n  receivers:\n    telegram: {MARK}{{bot_token_file: secrets/t}}\n", "chat_id"),
    _service("a chat by its name", "WK103",
             f"notify:\n  routes: {{critical: [telegram]}}\n  receivers:\n    telegram: {{bot_token_file: secrets/t, chat_id: {MARK}'@team'}}\n"),
    _service("a chat for Opsgenie", "WK111",
             f"notify:\n  routes: {{critical: [opsgenie]}}\n  receivers:\n    opsgenie: {{api_key_file: secrets/o, {MARK}chat_id: 1}}\n", "opsgenie"),
    _service("a Teams address in the spec", "WK218",
             "notify:\n  routes: {critical: [msteamsv2]}\n  receivers:\n"
             f"    msteamsv2: {{webhook_file: {MARK}'https://prod-21.westeurope.logic.azure.com/workflows/4f9d'}}\n"),
    # References in texts.
    _alert("a reference to a label that is summed away", "WK240",
           f"{{name: A, expr: 'sum(rate(http_requests_total[5m])) > 1', summary: \"a {MARK}{{{{ $labels.instance }}}}\"}}", "without labels"),
    _alert("a reference with a slip of the pen", "WK240",
           f"{{name: A, expr: 'sum by (handler) (http_requests_total) > 1', description: '{MARK}{{{{ $labels.hander }}}}'}}", "did you mean handler"),
    _alert("a function that is not allowed", "WK240",
           f"{{preset: service_down, summary: '{MARK}{{{{ $value | title }}}}'}}", "humanizePercentage"),
    _alert("a query in a text", "WK240",
           f"{{preset: service_down, summary: 'x {MARK}{{{{ with query $labels.a }}}}'}}", "allowed"),
    _alert("a reference without its end", "WK240",
           f"{{preset: service_down, summary: 'x {MARK}{{{{ $value '}}", "cannot be filled in"),
    _service("a dead-man's switch without its address", "WK102", f"notify:\n  {MARK}dead_man: {{group_interval: 1m}}\n", "url_file"),
    _service("a secret as the address of the switch", "WK218", f"notify:\n  dead_man: {{url_file: {MARK}'https://hc-ping.com/x'}}\n", "file"),
    _service("a switch that would miss every other beat", "WK108",
             f"notify:\n  dead_man: {{url_file: s/d, group_interval: 1m, repeat_interval: {MARK}1m}}\n", "every other"),
    _service("a switch whose beats are too rare", "WK108", f"notify:\n  dead_man: {{url_file: s/d, group_interval: {MARK}2h}}\n", "1h"),
    _service("a switch without a Watchdog", "WK111",
             f"notify:\n  dead_man: {MARK}{{url_file: s/d}}\nstack: {{self_monitoring: {{enabled: false}}}}\n", "Watchdog"),
    _service("a switch whose Watchdog is off", "WK111",
             f"notify:\n  dead_man: {MARK}{{url_file: s/d}}\nstack: {{self_monitoring: {{off: [Watchdog]}}}}\n", "Watchdog"),
    # The stack.
    _service("an alert of the stack that there is not", "WK104", f"stack: {{self_monitoring: {{off: [{MARK}TooManySample]}}}}\n", "TooManySamples"),
    _service("a size without a unit", "WK104", f"stack: {{retention_size: {MARK}'20'}}\n", "GB"),
    _service("a scrape interval beyond Prometheus' memory", "WK108", f"stack: {{scrape_interval: {MARK}1d}}\n", "5m"),
    _service("a port that Jaeger takes too", "WK219", f"stack: {{ports: {{grafana: {MARK}16685}}}}\n", "Jaeger"),
    _service("a target that is the stack itself", "WK204", f"targets: [{MARK}'localhost:9090']\n", "own prometheus"),
    _bad("one address under two names", "WK204",
         f"version: watchkeeper/v1\nservices:\n  - {{service: a, targets: ['localhost:8000']}}\n  - {{service: b, targets: [{MARK}'127.0.0.1:8000']}}\n", "own port"),
    _service("merge keys", "WK101", f"labels: &l {{tier: a}}\nstack: {{{MARK}<<: *l}}\n", "merge keys"),
    _service("a retention shorter than a window", "WK215",
             f"slos:\n  - {{name: a, objective: 99%, window: 30d, {_SLI}}}\nstack: {{retention: {MARK}15d}}\n", "31d"),
    _bad("a retention shorter than the time between drills", "WK215",
         f"version: watchkeeper/v1\nservice: a\nnotify: {{drill_every: {MARK}60d}}\nstack: {{retention: 60d}}\n",
         "write `retention: 61d` under `stack`, or ReceiverDrillOverdue under `self_monitoring.off`"),
    _service("a scrape interval too long for a window", "WK216",
             f"alerts:\n  - {{name: {MARK}A, preset: error_ratio, above: 5%, for: 2m}}\nstack: {{scrape_interval: 1m}}\n", "4m"),
    _service("a demo of no service", "WK211", f"stack: {{demo: {MARK}chekout}}\n", "checkout"),
    # Planned work.
    *(_service(*each) for each in BAD_MAINTENANCE),
    *(_service(*each) for each in BAD_CORRECTIONS),
    # Filters and exclusions.
    *(_service(*each) for each in BAD_FILTERS),
    *(_service(*each) for each in BAD_BY_LABEL),
    *(_service(*each) for each in BAD_DIALECTS),
    _bad("a pack that OpenTelemetry lacks", "WK111",
         f"version: watchkeeper/v1\nservice: {MARK}a\ndialect: otel\nsignals: [http, http_sizes]\n", "http_sizes"),
    _bad("exclusions without the http pack", "WK207",
         f"version: watchkeeper/v1\nservice: a\nsignals: [system]\n{MARK}exclude: [/a]\n", "http"),
)  # fmt: skip
