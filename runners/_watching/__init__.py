"""What the user sees of searches: while one runs, and of those there are."""
