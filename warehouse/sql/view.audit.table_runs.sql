CREATE OR REPLACE VIEW audit.table_runs AS
WITH made AS ({every_source}),
logged AS (
    SELECT stage, run_id, finished_at, json_extract_string(outputs, '$.' || stage) AS output
    FROM audit.runs CROSS JOIN (SELECT DISTINCT stage FROM made)
),
changed AS (
    SELECT * FROM logged
    QUALIFY lag(output) OVER (PARTITION BY stage ORDER BY finished_at, run_id) IS DISTINCT FROM output
),
latest AS (
    SELECT stage, arg_max(run_id, (finished_at, run_id)) AS run_id, max(finished_at) AS finished_at
    FROM changed GROUP BY stage
)
SELECT m."table", m.source, l.run_id, l.finished_at FROM made AS m JOIN latest AS l USING (stage);
