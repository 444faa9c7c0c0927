"""The files in which several worker processes keep their values."""
