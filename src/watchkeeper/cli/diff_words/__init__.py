"""The difference of two specs in words: what changes for objectives, alerts, people and cost."""
