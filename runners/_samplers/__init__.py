"""What the runners are made of: how the libraries' samplers are asked and what they are told."""
