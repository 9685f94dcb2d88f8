SELECT
    * EXCLUDE (directorate),
    TRY_CAST('0x' || hex(right(person_id, 5)) AS BIGINT) AS person_end,
    TRY_CAST('0x' || hex(right(household_id, 5)) AS BIGINT) AS household_end
FROM lake_referrals WHERE directorate = '{directorate}'
