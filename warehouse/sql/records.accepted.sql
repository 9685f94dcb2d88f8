SELECT a.*, hash_of(a.record_id) AS record_hash
FROM lake_accepted AS a
JOIN lake_outcomes AS o USING (submission_id)
WHERE o.outcome = 'accepted'
