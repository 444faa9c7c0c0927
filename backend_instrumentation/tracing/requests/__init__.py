"""Makes a span for each request of an application."""
