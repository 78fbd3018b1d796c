"""What contacting lapsed customers changes, from a campaign with a random holdout."""
