"""How a missing tool is built: which Go, how many builds at once, each one's lock, progress and failure."""
