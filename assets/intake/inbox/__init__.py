"""Files of the inbox: finding, archiving, registering and placing them, and deciding which of them count."""
