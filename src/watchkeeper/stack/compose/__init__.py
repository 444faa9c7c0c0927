"""The stack in containers: the Docker engine, its Compose file, and secrets that containers can read."""
