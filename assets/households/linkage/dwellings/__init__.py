"""From persons to households: dwellings, and the same household at another address or under a new card."""
