"""The stages of intake: registering what the inbox holds, reading it, settling submissions against each other."""
