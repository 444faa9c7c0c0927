"""What a service exposes, read from `instrumentation.json`. Reading never raises."""
