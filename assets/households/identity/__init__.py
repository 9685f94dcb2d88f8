"""Ids that last, what became of them, and the best values of who bears them."""
