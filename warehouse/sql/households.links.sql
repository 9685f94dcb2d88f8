SELECT
    record_id_l,
    record_id_r,
    match_weight,
    match_probability,
    decided_by,
    TRY_CAST('0x' || right(record_id_r, 7) AS BIGINT) AS record_end_r,
    * EXCLUDE (record_id_l, record_id_r, match_weight, match_probability, decided_by)
FROM lake_links
