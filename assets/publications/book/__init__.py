"""The sheets of a directorate's workbook: how rows are written fast, how pages are set up, and each sheet."""
