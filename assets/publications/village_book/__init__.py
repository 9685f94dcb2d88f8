"""A village's workbook as the XML that it is: what is not touched stays as it was sent, what could act is left out."""
