"""How missing tools are built: the Go command, how many builds at once, and each build's lock, progress and failure."""
