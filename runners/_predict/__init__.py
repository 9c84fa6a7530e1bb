"""What an exported model says of films: looked at by threads, asked in batches, shown and written as answers come."""
