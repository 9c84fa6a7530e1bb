"""What a paper takes from the runs: tables for LaTeX and Word, and every figure of the page as a file of its own."""
