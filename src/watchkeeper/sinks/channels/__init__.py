"""One module a channel: what its real service would answer, and what a notification to it says."""
