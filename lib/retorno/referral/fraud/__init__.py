"""Referrals that look like fraud, what they cost, and how many to look into."""
