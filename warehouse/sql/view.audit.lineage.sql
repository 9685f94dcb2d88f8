CREATE OR REPLACE VIEW audit.lineage AS
WITH referral AS (
    SELECT directorate, referral_id, kode_pmks, rule_id, rule_set, record_ids FROM ({every_directorate})
),
evidence AS (
    SELECT directorate, referral_id, kode_pmks, rule_id, rule_set, unnest(record_ids) AS record_id FROM referral
)
SELECT
    e.directorate, e.referral_id, e.kode_pmks, e.rule_id, e.rule_set,
    e.record_id, m.person_id, m.household_id,
    r.submission_id, s.path, r.sheet, r."row"
FROM evidence AS e
JOIN records.accepted AS r USING (record_id)
JOIN households.membership AS m USING (record_id)
JOIN intake.submissions AS s USING (submission_id);
