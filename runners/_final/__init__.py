"""The final of a search: those that cannot be told from its best trial, trained with further seeds."""
