"""Who lapses and who comes back."""
