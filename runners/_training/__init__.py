"""What runs inside a worker: one trial's networks, trained fold by fold."""
