"""The page about a model on films from elsewhere: figures of a search's report, and whether promises hold there."""
