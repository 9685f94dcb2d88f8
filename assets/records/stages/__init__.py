"""The stages of records: validating rows, and measuring how good each village's lists are."""
