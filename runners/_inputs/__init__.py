"""What a search starts from: pretrained weights, films and features, and what those have seen."""
