"""Fixtures of all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from tests.support.finished import finished
from warehouse.home import DataHome

__all__ = ["finished", "scene"]

settings.register_profile("untimed", deadline=None)  # a busy machine makes no test fail
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> DataHome:
    """The small home in which everything is there that can be tampered with, a witness beside it; shared: read only."""
    from tests.tampering.scene import scene_home  # here: every process of every test loads this file

    base = tmp_path_factory.getbasetemp()
    return scene_home(base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base)
