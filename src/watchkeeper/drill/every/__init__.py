"""The drill of every alert of a spec: one private stack, a few rounds of faults, and a table."""
