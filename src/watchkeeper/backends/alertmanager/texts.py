"""Alertmanager templates for the titles and texts of notifications, the same for every receiver."""

from __future__ import annotations

from typing import Final

# The title begins with the state and the alert's name, because a phone shows only the beginning. Alerts are sorted
# by instance before name, and templates have no sets, so each name is searched in the list of names so far.
_TITLE: Final = """\
{{ define "watchkeeper.title" -}}
{{ template "watchkeeper.drill" . }}[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] \
{{ if eq .Status "firing" }}{{ template "watchkeeper.names" .Alerts.Firing }}\
{{ else }}{{ template "watchkeeper.names" .Alerts.Resolved }}{{ end }} {{ .CommonLabels.service }}
{{- end }}

{{ define "watchkeeper.names" -}}
{{ $said := "," }}\
{{ range . }}\
{{ $name := .Labels.alertname }}\
{{ if not (match (printf ",\\\\Q%s\\\\E," $name) $said) }}\
{{ if ne $said "," }}, {{ end }}{{ $name }}{{ $said = printf "%s%s," $said $name }}\
{{ end }}\
{{ end }}
{{- end }}
"""

_LEVELS: Final = """\
{{ define "watchkeeper.color" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}

{{ define "watchkeeper.pagerduty.severity" -}}
{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}
{{- end }}
"""

# Alerts of other rules may have no annotations: a line without content is left out.
_PARTS: Final = """\
{{ define "watchkeeper.headline" -}}
{{ with .Annotations.summary }}{{ . }}{{ else }}{{ .Labels.alertname }}{{ end }}
{{- end }}

{{ define "watchkeeper.when" -}}
{{ with .Labels.severity }}Severity {{ . }}{{ else }}No severity{{ end }}\
{{ with .Labels.team }}, team {{ . }}{{ end }}\
, since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC\
{{ if eq .Status "resolved" }}, resolved at {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
{{- end }}

{{ define "watchkeeper.links" -}}
{{ with .Annotations.dashboard_url }}
Dashboard: {{ . }}{{ end }}\
{{ with .Annotations.runbook_url }}
Runbook: {{ . }}{{ end }}
{{- end }}
"""

_TEXT: Final = """\
{{ define "watchkeeper.text" -}}
{{ range . }}
{{ template "watchkeeper.headline" . }}{{ if eq .Status "resolved" }} (resolved){{ end }}\
{{ with .Annotations.description }}
{{ . }}{{ end }}
{{ template "watchkeeper.when" . }}\
{{ with .Annotations.query }}
Run next: {{ . }}{{ end }}\
{{ template "watchkeeper.links" . }}
{{ end }}
{{- end }}

{{ define "watchkeeper.mail" -}}
{{ template "watchkeeper.text" .Alerts.Firing }}{{ template "watchkeeper.text" .Alerts.Resolved }}
{{- end }}
"""

_SLACK: Final = """\
{{ define "watchkeeper.slack" -}}
{{ template "watchkeeper.slack.each" .Alerts.Firing }}{{ template "watchkeeper.slack.each" .Alerts.Resolved }}
{{- end }}

{{ define "watchkeeper.slack.each" -}}
{{ range . }}
*{{ template "watchkeeper.headline" . }}*{{ if eq .Status "resolved" }} (resolved){{ end }}\
{{ with .Annotations.description }}
{{ . }}{{ end }}
{{ template "watchkeeper.when" . }}\
{{ with .Annotations.query }}
Run next: `{{ . }}`{{ end }}\
{{ template "watchkeeper.links" . }}
{{ end }}
{{- end }}
"""

TEMPLATE: Final = f"{_TITLE}\n{_LEVELS}\n{_PARTS}\n{_TEXT}\n{_SLACK}"
