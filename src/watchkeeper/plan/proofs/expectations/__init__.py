"""When each alert must fire in a scenario, and which values the recorded series must have: the plan's own arithmetic."""
