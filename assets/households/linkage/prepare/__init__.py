"""Records as arrays of integers, names and addresses as tokens."""
