"""One module for each word of the command line: what the user typed, done, and said in lines."""
