"""Service level objectives, decided: windows, thresholds, rules, alerts, and when they fire."""
