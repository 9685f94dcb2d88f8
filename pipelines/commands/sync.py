"""`pmks sync`: the data home in line with what several machines share; and how a run begins and ends with it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import data_option, home_of
from pipelines.texts.lookup import Texts
from warehouse.files import holders
from warehouse.home import DataHome
from warehouse.migrations import FormatError

_OF_EXTRA = ("boto3", "botocore")
"""What the extra `s3` brings."""
if TYPE_CHECKING:
    from warehouse.sharing.sharing import Shared

Outcome = TypeVar("Outcome")
NAMED = 5
"""At most so many files are named that two machines changed."""


@click.command(cls=Command)
@click.option("--discard", is_flag=True)
@data_option
def sync(discard: bool, data: Path | None) -> dict[str, object]:
    home, say = home_of(data), texts()
    if home.storage is None:
        raise click.UsageError(say("sync.not_set"))
    with _told(say), _alone(home, say):
        return _bring_in_line(home, home.storage, say, discard=discard)._asdict()


def among_machines(home: DataHome, address: str, say: Texts, refresh: Callable[[], Outcome], *, quiet: bool) -> Outcome:
    """Refresh a home that shares its state, while the other machines wait: what `refresh` returns.

    What a refresh that failed had finished is shared, too: it stands. Raises `click.ClickException`.
    """
    from warehouse.sharing.lease import leased
    from warehouse.sharing.storage import opened

    def waits(holder: str) -> None:
        click.echo(say("sync.waits", holder=holder), err=True)

    with _told(say), _alone(home, say), leased(opened(address), socket.gethostname(), waits):
        _bring_in_line(home, address, say, quiet=quiet)
        home.make()  # a lake that came from an older program is brought forward
        outcome = refresh()
        _bring_in_line(home, address, say, quiet=quiet)
    return outcome


def _bring_in_line(home: DataHome, address: str, say: Texts, *, quiet: bool = False, discard: bool = False) -> Shared:
    from warehouse.sharing.sharing import share
    from warehouse.sharing.storage import opened

    done = share(home, opened(address), address, discard=discard)
    if not quiet:
        click.echo(say("sync.done", **done._asdict()))
    return done


@contextmanager
def _alone(home: DataHome, say: Texts) -> Iterator[None]:
    """While it is held, no run of the daemon works on the home; says so where that has to be waited for."""
    from warehouse.sharing.in_line import working_alone

    if holders(home.shared_by_one):
        click.echo(say("backup.waits"), err=True)
    with working_alone(home):
        yield


@contextmanager
def _told(say: Texts) -> Iterator[None]:
    """Whatever keeps a state from being shared ends the command with a line that says what to do."""
    from warehouse.chain import ShortenedLedgerError
    from warehouse.sharing.index import IndexFormatError
    from warehouse.sharing.sharing import BothChangedError
    from warehouse.sharing.storage import StorageError

    try:
        yield
    except BothChangedError as error:
        named = "\n".join(error.paths[:NAMED])
        raise click.ClickException(f"{say('sync.both', count=len(error.paths))}\n{named}") from None
    except (StorageError, IndexFormatError, ShortenedLedgerError) as error:
        raise click.ClickException(say("sync.failed", error=error)) from None
    except FormatError as error:
        raise click.ClickException(str(error)) from None
    except ModuleNotFoundError as error:
        if error.name not in _OF_EXTRA:
            raise
        raise click.ClickException(say("sync.no_extra", name=error.name)) from None
