"""The commands of `pmks`, one file each."""
