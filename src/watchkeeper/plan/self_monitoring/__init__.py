"""What the stack watches about itself: alerts.yml, planned like the alerts of a service."""
