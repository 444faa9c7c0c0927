"""Who is notified of what, how and when: the published alertmanager.yml against the promise of the spec."""
