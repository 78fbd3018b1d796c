"""The lessons: for each its claims, what is drawn for a student, and its exercises."""
