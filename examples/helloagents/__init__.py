"""HelloAgents: the demo service that the bundled monitoring watches."""
