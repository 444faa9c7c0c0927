"""Text for terminals and for programs: what the commands print."""
