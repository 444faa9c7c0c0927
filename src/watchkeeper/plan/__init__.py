"""Every decision of the generator: expressions, windows, names, order, receivers. Backends only translate them."""
