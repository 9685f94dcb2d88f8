SELECT l.submission_id, l.sheet, l.row, l.kind, o.outcome
FROM lake_ledger AS l
LEFT JOIN lake_row_outcomes AS o USING (submission_id, sheet, "row")
