"""What people read: Alertmanager templates for titles and texts, the same in every channel."""

from __future__ import annotations

from typing import Final

# The title begins with the state and the alert's name: it is what a phone shows.
TEMPLATE: Final = """\
{{ define "watchkeeper.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] \
{{ template "watchkeeper.names" .Alerts }} {{ .CommonLabels.service }}
{{- end }}

{{ define "watchkeeper.names" -}}
{{ range $i, $alert := . }}{{ if $i }}, {{ end }}{{ $alert.Labels.alertname }}{{ end }}
{{- end }}

{{ define "watchkeeper.color" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}

{{ define "watchkeeper.pagerduty.severity" -}}
{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}
{{- end }}

{{ define "watchkeeper.text" -}}
{{ range . }}
{{ .Annotations.summary }}
{{ .Annotations.description }}
Severity {{ .Labels.severity }}, team {{ .Labels.team }}, since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC\
{{ if eq .Status "resolved" }}, over at {{ .EndsAt.UTC.Format "2006-01-02 15:04:05" }} UTC{{ end }}
Run next: {{ .Annotations.query }}
Dashboard: {{ .Annotations.dashboard_url }}
Runbook: {{ .Annotations.runbook_url }}
{{ end }}
{{- end }}

{{ define "watchkeeper.slack" -}}
{{ range .Alerts }}
*{{ .Annotations.summary }}*
{{ .Annotations.description }}
Severity {{ .Labels.severity }}, team {{ .Labels.team }}, since {{ .StartsAt.UTC.Format "2006-01-02 15:04:05" }} UTC
Run next: `{{ .Annotations.query }}`
Dashboard: {{ .Annotations.dashboard_url }} · Runbook: {{ .Annotations.runbook_url }}
{{ end }}
{{- end }}
"""
