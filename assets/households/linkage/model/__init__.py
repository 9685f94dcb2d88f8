"""The trained model, and how it is estimated."""

MODEL = "model.json"
"""The file of an installation's own model, in its folder `models/`."""
