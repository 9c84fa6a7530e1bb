"""The page as a whole: what stands above and below the sections, its files, its style."""
