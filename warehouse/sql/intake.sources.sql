WITH place AS (
    SELECT submission_id, sheet, "row", unnest(string_split(filled, '|')) AS place FROM lake_raw_rows WHERE filled <> ''
)
SELECT
    submission_id, sheet, "row",
    split_part(place, '=', 1) AS field,
    nullif(split_part(split_part(place, '=', 2), '@', 1), '') AS origin,
    nullif(split_part(place, '@', 2), '') AS cell
FROM place
ORDER BY submission_id, sheet, "row", field, origin
