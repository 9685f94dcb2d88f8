"""How far a run is: a bar for whoever waits, nothing for daemons and pipes. Both follow `assets.support.Progress`."""

from __future__ import annotations

from rich import progress

from pipelines.terminal import errors
from pipelines.texts.lookup import Texts

COLUMNS = (
    progress.TextColumn("{task.description:<36}"),
    progress.BarColumn(),
    progress.MofNCompleteColumn(),
    progress.TimeElapsedColumn(),
)


class Silent:
    """For daemons and tests: the Dagster log says enough."""

    def start(self, stage: str, total: int) -> None:
        return None

    def advance(self, steps: int = 1) -> None:
        return None


class Bar:
    """Shows each stage of a run as a line with a bar, in the language of `texts`."""

    def __init__(self, shown: progress.Progress, texts: Texts) -> None:
        self._shown, self._texts = shown, texts
        self._task: progress.TaskID | None = None

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        key, _, name = stage.partition(":")
        self._task = self._shown.add_task(self._texts(f"progress.{key}", name=name), total=total)

    def advance(self, steps: int = 1) -> None:
        """Count `steps` of the present stage as done."""
        if self._task is not None:
            self._shown.advance(self._task, steps)


def bars(*, quiet: bool = False, transient: bool = False) -> progress.Progress:
    """The lines that `Bar` draws on standard error, if somebody looks at it; `transient`: they go when all is done."""
    console = errors()
    shown = console.is_terminal and not quiet
    return progress.Progress(*COLUMNS, console=console, transient=transient, disable=not shown)
