"""A look at what one directorate received, in the browser of this machine: read-only, no more than its file holds."""
