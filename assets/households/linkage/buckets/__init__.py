"""Matching records that are too many for one process, in buckets that hold whatever is compared with each other."""
