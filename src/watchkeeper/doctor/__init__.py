"""Compare a spec with the series that a running Prometheus has."""
