"""The rules of a spec evaluated on a past that Prometheus has: what they would have recorded, and who would have been paged."""
