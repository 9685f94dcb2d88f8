"""Every text that the commands print, in English and Indonesian: the tables, and what looks a text up."""
