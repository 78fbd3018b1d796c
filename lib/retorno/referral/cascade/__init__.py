"""Referrals that lead to referrals: generations, how many each brings, how fast, what one customer leads to."""
