"""Reads `instrumentation.json`: what a service exposes. Reading never raises."""
