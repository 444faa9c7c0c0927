"""The dashboards: which panels each has, in which order."""
