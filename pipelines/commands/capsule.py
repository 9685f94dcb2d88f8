"""`pmks capsule`: one file that proves a referral, or what is known of a village, to who has nothing else.

Indonesian unless chosen otherwise: officers hand it out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from pipelines.commands.language import Command, texts
from pipelines.commands.options import NEW_FILE, data_option, existing, home_of


@click.command(cls=Command, speaks="id")
@click.argument("file", metavar="FILE", type=NEW_FILE)
@click.option("--referral", metavar="ID")
@click.option("--village", metavar="KODE_DESA")
@click.option("--run", metavar="RUN")
@click.option("--reason", required=True, metavar="TEXT")
@data_option
def capsule(
    file: Path, referral: str | None, village: str | None, run: str | None, reason: str, data: Path | None
) -> dict[str, object]:
    from pipelines.capsule.checking import head_of
    from pipelines.capsule.files import PAGE, as_file
    from pipelines.capsule.packing import CapsuleError, lake_after, pack, rows_of_referral, rows_of_village
    from pipelines.liveness import between_runs
    from warehouse.access import log_opening
    from warehouse.files import write_whole
    from warehouse.row_trees import RowTreeKeyError

    home, say = existing(home_of(data)), texts()
    if (referral is None) == (village is None) or not reason.strip():
        raise click.UsageError(say("capsule.what"))
    if village and file.suffix == PAGE:
        raise click.UsageError(say("capsule.page_of_a_village"))
    with between_runs(home, lambda: click.echo(say("verify.waits"), err=True)):
        try:
            with lake_after(home, run) as (lake, entry):
                rows = rows_of_referral(lake, referral) if referral else rows_of_village(lake, str(village))
                about = {"referral": referral} if referral else {"village": str(village)}
                made = pack(home, lake, entry, rows, about, datetime.now(UTC).replace(tzinfo=None))
        except CapsuleError as error:
            raise click.ClickException(say(f"capsule.{error}")) from None
        except RowTreeKeyError as error:
            raise click.ClickException(say("capsule.no_key", file=str(error))) from None
        log_opening(home, home.lake, f"capsule {referral or village}: {reason.strip()}")
        write_whole(file, as_file(made, file.suffix))
    click.echo(say("capsule.made", file=file, rows=len(made["rows"]), head=head_of(made)))
    return {"file": file.absolute(), "rows": len(made["rows"]), "head": head_of(made)}
