"""What the returned bring, how fast, beside new customers and like for like."""
