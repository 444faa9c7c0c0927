"""What was attached to an application, and how it ends."""
