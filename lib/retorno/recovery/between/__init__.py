"""Recovered customers beside customers without a failure."""
