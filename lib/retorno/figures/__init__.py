"""Figures: results in, axes out; one theme."""
