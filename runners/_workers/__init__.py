"""Processes that train, what is said to them, and what the machine has room for."""
