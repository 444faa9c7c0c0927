"""What the spec refers to in PromQL or by metric name, compared with what its services emit."""
