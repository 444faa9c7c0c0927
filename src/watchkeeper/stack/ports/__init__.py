"""TCP ports of this machine: which are wanted, which are free, and which process holds the others."""
