"""Building blocks of linkage: compiled functions, text as integers, sorted runs and links, look-ups by hash."""
