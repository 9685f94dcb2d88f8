"""Capsules: one file that proves one referral, or a village's, to somebody who has nothing else of the data home."""
