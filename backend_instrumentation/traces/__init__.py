"""The parts of the tracing manager; `backend_instrumentation.tracing` is their public home."""
