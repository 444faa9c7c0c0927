"""What the rules report, held against a count of every single request."""
