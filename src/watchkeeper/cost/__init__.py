"""What the rules of a spec cost a Prometheus, computed before anything is deployed."""
