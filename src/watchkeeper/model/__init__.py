"""The frozen values that the whole generator speaks in; imports nothing but the standard library."""
