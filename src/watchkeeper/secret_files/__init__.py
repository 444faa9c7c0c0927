"""Checks the secret files that a spec names, and never shows what they contain."""
