"""What applications record with."""
