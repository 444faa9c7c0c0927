"""All pictures of the documentation, made again by one command: python -m scripts.pictures."""
