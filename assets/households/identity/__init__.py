"""Lasting ids of persons and households, the history of these ids, and the best values of each person and household."""
