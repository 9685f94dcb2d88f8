"""The trained model, and how it is estimated."""
