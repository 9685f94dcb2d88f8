"""The tamper machine: every table and every kind of file, changed in every way, and what `pmks verify` says of it."""
