"""The input series of a scenario, in promtool's notation."""
