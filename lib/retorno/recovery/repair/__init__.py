"""What recovery makes good, beside a failure left as it is."""
