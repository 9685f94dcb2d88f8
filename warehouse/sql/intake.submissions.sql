WITH reading AS (
    SELECT * FROM lake_readings
    UNION ALL BY NAME
    SELECT * FROM lake_unplaced_readings
),
counted AS (
    SELECT
        submission_id,
        count(*) FILTER (outcome = 'accepted') AS rows_accepted,
        count(*) FILTER (outcome = 'quarantined') AS rows_quarantined
    FROM lake_row_outcomes
    GROUP BY submission_id
)
SELECT
    s.submission_id,
    s.path,
    coalesce(r.format, s.format) AS format,
    s.size_bytes,
    s.received_at,
    coalesce(r.kode_desa, s.kode_desa) AS kode_desa,
    coalesce(r.periode, s.periode) AS periode,
    coalesce(o.outcome, r.outcome) AS outcome,
    coalesce(o.reason, r.reason) AS reason,
    r.rows_physical,
    r.rows_data,
    coalesce(c.rows_accepted, 0) AS rows_accepted,
    coalesce(c.rows_quarantined, 0) AS rows_quarantined,
    r.control_total,
    s.run_id,
    r.reason_code,
    o.superseded_by,
    s.kode_kabupaten,
    s.declaration
FROM lake_submissions AS s
LEFT JOIN reading AS r USING (submission_id)
LEFT JOIN lake_outcomes AS o USING (submission_id)
LEFT JOIN counted AS c USING (submission_id)
ORDER BY s.path, s.submission_id
