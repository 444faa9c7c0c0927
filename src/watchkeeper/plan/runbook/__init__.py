"""What a runbook says of an alert, from the plan's own numbers: queries, impact, notifications, proof."""
