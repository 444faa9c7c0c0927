"""Text for terminals and for machines: what the commands print."""
