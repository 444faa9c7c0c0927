"""Attaches the instrumentation to an application: metrics always, tracing and Sentry on request."""
