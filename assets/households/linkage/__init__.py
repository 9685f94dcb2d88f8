"""From records to persons and households: compare pairs, weigh them, cluster them."""
