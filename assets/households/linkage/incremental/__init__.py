"""Incremental matching: only what changed since the last match is matched, with the result of a match from scratch."""
