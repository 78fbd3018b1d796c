"""What a programme returns once everything is counted, and what that rests on."""
