"""Measure rule evaluation: our rules beside Sloth's and Pyrra's shapes, in one real Prometheus on the same history."""
