"""What the kernels of linkage stand on: compiled functions, text as integers, sorted runs and look-ups."""
