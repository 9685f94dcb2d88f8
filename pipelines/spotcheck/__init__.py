"""Spot checks: a sample of referrals and of people who are not referred, asked about in the field, and what follows."""
