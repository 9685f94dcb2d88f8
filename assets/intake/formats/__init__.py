"""From the bytes of a village file to its sheets and cells, recognised by bytes and never by the extension."""
