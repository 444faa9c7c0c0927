"""Attaches the instrumentation to an application: metrics always, tracing and Sentry where they are asked for."""
