"""What the process's metrics are told: records, and what was lost."""
