SELECT a.*, TRY_CAST('0x' || right(a.record_id, 7) AS BIGINT) AS record_end
FROM lake_accepted AS a
JOIN lake_outcomes AS o USING (submission_id)
WHERE o.outcome = 'accepted'
