"""Under which circumstances the recovered reach customers without a failure."""
