"""How long referred customers stay beside others."""
