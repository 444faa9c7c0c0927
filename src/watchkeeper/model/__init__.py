"""The frozen values that all rooms of the generator share; imports only the standard library."""
