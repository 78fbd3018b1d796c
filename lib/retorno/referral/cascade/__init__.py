"""Referrals that lead to referrals: generations, how many each makes, how fast."""
