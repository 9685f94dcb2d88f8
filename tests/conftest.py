"""Fixtures of all tests."""

from tests.support.finished import finished

__all__ = ["finished"]
