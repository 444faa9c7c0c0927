"""The process and its machine: limits and usage, read at each scrape."""
