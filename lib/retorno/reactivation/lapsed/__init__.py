"""What counts as lapsed: the rules that could say so, and what each of them does to the customers."""
