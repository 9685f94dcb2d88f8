SELECT
    record_id_l,
    record_id_r,
    match_weight,
    match_probability,
    decided_by,
    hash_of(record_id_r) AS record_hash_r,
    * EXCLUDE (record_id_l, record_id_r, match_weight, match_probability, decided_by)
FROM lake_links
