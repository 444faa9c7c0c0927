"""Faults in, pages out: breaks the watched service on purpose and times how its people are told."""
