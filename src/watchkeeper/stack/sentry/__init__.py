"""A local server for Sentry's protocol, which `up --with sentry` adds to the native stack."""
