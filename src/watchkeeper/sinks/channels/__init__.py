"""One module for each channel: the answers of its real service, and how to read a notification to it."""
