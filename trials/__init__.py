"""What a search leaves on disk: written by runners, read by reports, importing neither."""
