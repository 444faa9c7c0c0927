"""The stack as processes of this machine, under a process manager."""
