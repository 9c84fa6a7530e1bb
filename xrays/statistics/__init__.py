"""Figures of predictions, with their intervals. NumPy alone."""
