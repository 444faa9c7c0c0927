"""Whether a document has the shape that the JSON Schema demands."""
