"""The recovered before and after."""
