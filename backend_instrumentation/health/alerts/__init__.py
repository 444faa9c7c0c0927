"""Alert rules and where their alerts go."""
