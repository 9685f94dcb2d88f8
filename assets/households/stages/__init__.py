"""The stage of households: matching all records in force into persons and households."""
