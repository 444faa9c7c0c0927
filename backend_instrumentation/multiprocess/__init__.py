"""The files in which worker processes keep their values."""
