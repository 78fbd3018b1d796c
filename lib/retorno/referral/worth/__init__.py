"""What a customer is worth, and what a programme returns once everything is counted."""
