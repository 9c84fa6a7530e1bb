"""What the runs of a group say, for several sections at once."""
