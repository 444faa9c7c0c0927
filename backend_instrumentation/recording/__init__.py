"""Records into one metric: bounded label values, timed blocks, and the hooks of a recorded request."""
