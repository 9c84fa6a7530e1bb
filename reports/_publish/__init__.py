"""A run in a tracking server: what becomes of it there, what stays here, and how it is brought."""
