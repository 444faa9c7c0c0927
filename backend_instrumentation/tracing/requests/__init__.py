"""Makes a span of each request of an application."""
