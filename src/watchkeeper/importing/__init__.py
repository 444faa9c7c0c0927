"""Objectives of other tools as a spec of ours, with every field that changes or is lost on the way."""
