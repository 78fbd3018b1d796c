"""Why recovery works: what runs through the justice that customers felt."""
