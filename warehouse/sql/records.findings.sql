SELECT * FROM lake_registration_findings
UNION ALL BY NAME SELECT * FROM lake_intake_findings
UNION ALL BY NAME SELECT * FROM lake_outcome_findings
UNION ALL BY NAME SELECT * FROM lake_findings
