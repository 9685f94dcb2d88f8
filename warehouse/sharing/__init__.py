"""One state for several machines: each works on a home of its own, and a storage holds what they share.

Danger: two machines write at once, one is killed half-way, an answer gets lost, and the state is a mixture. Remedy:
what is shared is one list of files, the index, replaced as a whole by whoever read it last (compare and swap); all
bytes lie there before the index names them. Why so: docs/decisions/0024-homes-that-share-an-index.md.
"""
