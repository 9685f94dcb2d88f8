"""What people decide about uncertain links, and what they are shown for it."""
