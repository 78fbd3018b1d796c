"""What a customer is worth over the months of a horizon, referred and other."""
