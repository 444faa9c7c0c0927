"""Records into one metric: bounded label values, timers, wrapped functions, and the hooks of a request."""
