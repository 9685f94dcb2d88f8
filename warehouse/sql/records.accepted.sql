SELECT a.*
FROM lake_accepted AS a
JOIN lake_outcomes AS o USING (submission_id)
WHERE o.outcome = 'accepted'
