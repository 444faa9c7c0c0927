"""Makes collectors from families, and shares each registry among the applications of a process."""
