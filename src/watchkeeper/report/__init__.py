"""The compliance report: what was promised over a period, and what was kept, from the series that our rules record."""
