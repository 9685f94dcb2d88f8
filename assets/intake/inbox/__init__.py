"""Files: found, archived, registered, placed, and settled against each other."""
