"""The card of an exported model for people: one structure, written as a page and as Markdown."""
