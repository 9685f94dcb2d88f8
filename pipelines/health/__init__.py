"""Whether an installation is fit to run: what `pmks doctor` looks at. Looks only; nothing is repaired or locked."""
