"""What comes of it: a second life, a programme, and the next test."""
