"""Matching only what changed since the last match, with the same result as a match of everything."""
