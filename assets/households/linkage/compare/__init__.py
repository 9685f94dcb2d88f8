"""What two records say about being one person: a level of agreement for each kind of evidence."""
