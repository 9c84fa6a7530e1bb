"""Exported models: written, described, used."""
