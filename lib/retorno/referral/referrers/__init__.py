"""Who refers: how much, how few, and whether the best bring the best."""
