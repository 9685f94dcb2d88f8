"""Sheets: headers, columns, rows and what each of them is."""
