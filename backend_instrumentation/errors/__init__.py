"""The parts of the Sentry reporting; `backend_instrumentation.sentry` is their public home."""
