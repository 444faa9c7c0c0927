"""Check the published dashboards and Grafana's provisioning files."""
