"""What the terminal and TensorBoard show of a running search."""
