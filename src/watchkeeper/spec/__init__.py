"""From the user's files to the frozen model: load, validate, parse. No dict leaves this room."""
