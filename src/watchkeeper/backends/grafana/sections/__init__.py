"""The panels of each signal pack, and those of the current state."""
