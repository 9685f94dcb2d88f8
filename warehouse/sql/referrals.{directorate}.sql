SELECT * EXCLUDE (directorate) FROM lake_referrals WHERE directorate = '{directorate}'
