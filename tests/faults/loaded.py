"""What every command needs, loaded once in the server from which they are forked (`warmed.py`).

Nothing here may start a thread: a process that is forked from several has only one of them.
"""

from __future__ import annotations

import gc
from importlib import import_module

from pipelines.cli import COMMANDS

for _name in COMMANDS:
    import_module(f"pipelines.commands.{_name}")
for _name in ("definitions", "failures", "instance", "planning", "proof.verification", "storage", "summary"):
    import_module(f"pipelines.{_name}")

from assets.households.linkage.match_file import warm_up  # noqa: E402
from pipelines.stages import STAGES  # noqa: E402
from validation.regions import village  # noqa: E402
from warehouse.code import code_digest  # noqa: E402

warm_up()
village("16.10.05.2036")
for _stage in STAGES:
    code_digest(_stage.module)
gc.freeze()
