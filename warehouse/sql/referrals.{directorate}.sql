SELECT
    * EXCLUDE (directorate),
    hash_of(person_id) AS person_hash,
    hash_of(household_id) AS household_hash
FROM lake_referrals WHERE directorate = '{directorate}'
