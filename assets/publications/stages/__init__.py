"""The stages of publications: the log of runs, the warehouse, directorates' files, what goes back to villages."""
