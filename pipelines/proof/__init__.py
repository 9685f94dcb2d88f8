"""Proof of what a data home says: claims that are checked, runs that are replayed, what auditors receive."""
