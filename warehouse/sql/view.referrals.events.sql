CREATE OR REPLACE VIEW referrals.events AS
WITH state AS (
    SELECT
        *,
        lag(ended_because) OVER own IS NOT DISTINCT FROM 'bukti_berubah'
        AND lag(valid_to) OVER own = valid_from AS goes_on
    FROM referrals.history
    WINDOW own AS (PARTITION BY directorate, referral_id ORDER BY valid_from)
),
numbered AS (
    SELECT *, count_if(NOT goes_on) OVER (PARTITION BY directorate, referral_id ORDER BY valid_from) AS event FROM state
)
SELECT
    n.* EXCLUDE (goes_on, event)
    REPLACE (
        min(n.valid_from) OVER event AS valid_from,
        arg_min(n.run_id_from, n.valid_from) OVER event AS run_id_from
    )
FROM numbered AS n
WINDOW event AS (PARTITION BY n.directorate, n.referral_id, n.event)
QUALIFY n.valid_from = max(n.valid_from) OVER event;
