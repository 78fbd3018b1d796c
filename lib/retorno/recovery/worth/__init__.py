"""What a recovery is worth in money, and how many respondents an answer needs."""
