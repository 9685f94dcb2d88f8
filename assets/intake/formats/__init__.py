"""From the bytes of a village file to its sheets and cells, told apart by bytes and never by the extension."""
