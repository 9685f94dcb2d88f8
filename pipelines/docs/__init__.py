"""The pages of `docs/` that are made from what they describe: `make docs`."""
