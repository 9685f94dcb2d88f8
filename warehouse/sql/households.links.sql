SELECT *, TRY_CAST('0x' || right(record_id_r, 7) AS BIGINT) AS record_end_r FROM lake_links
