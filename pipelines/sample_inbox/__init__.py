"""Invented village lists to try the product with: by a seed, byte for byte the same."""

from pipelines.sample_inbox.inbox import SampleReport, write_sample_inbox

__all__ = ["SampleReport", "write_sample_inbox"]
