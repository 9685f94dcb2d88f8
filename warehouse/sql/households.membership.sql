SELECT
    *,
    hash_of(record_id) AS record_hash,
    hash_of(person_id) AS person_hash,
    hash_of(household_id) AS household_hash
FROM lake_membership
