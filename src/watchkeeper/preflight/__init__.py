"""What a machine lacks for the stack, before anything is started: one line for each check, each with its remedy."""
