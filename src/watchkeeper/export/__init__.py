"""Series of objectives and golden signals over a period, as rows of a table."""
