"""The scenarios of each alert, with what must be seen in them."""
