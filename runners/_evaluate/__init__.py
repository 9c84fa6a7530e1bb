"""An exported model on a collection from elsewhere: whether it fits, which films it has seen, what it answers."""
