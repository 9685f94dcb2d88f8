"""Erasing what is kept of a person at that person's request (Law 27/2022): `pmks forget`."""
