"""TCP ports of this machine: which the stack needs, which are free, and which process uses the others."""
