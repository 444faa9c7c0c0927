"""When each alert must fire in a scenario, and what the recorded series must show: the plan's own arithmetic."""
