-- The referrals as they stood at a moment (UTC): SELECT * FROM referrals.as_of(TIMESTAMP '2025-07-01')
CREATE OR REPLACE MACRO referrals.as_of(ts) AS TABLE
SELECT * EXCLUDE (valid_from, valid_to, run_id_from, run_id_to, ended_because)
FROM referrals.history
WHERE valid_from <= ts AND (valid_to IS NULL OR valid_to > ts)
