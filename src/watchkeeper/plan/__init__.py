"""Every decision of the generator: expressions, windows, names, order, who is told. Backends only translate it."""
