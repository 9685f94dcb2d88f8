"""The stage of referrals: routing by rules, and the history of what was referred."""
