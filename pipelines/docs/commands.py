"""`docs/commands.md` and `docs/findings.md`: the help of every command, and every code a finding can have.

`python -m pipelines.docs.commands` writes them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from assets.intake.formats.messages import messages
from assets.publications.corrections_list import texts
from pipelines.cli import main
from pipelines.commands.language import choose
from validation.findings import CATALOGUE
from warehouse.files import write_whole

DOCS = Path(__file__).parents[2] / "docs"
WIDTH = 100
COMMANDS = """\
# The commands

`.venv/bin/pmks`, made by `make setup`. Settings: [operations.md](operations.md).
This page is what `--help --lang en` prints; do not edit it by hand (`make docs`).

Every command speaks one language, from its help to its last line: that of `--lang`, else of `PMKS_LANG`, else its own,
which its help names. What engineers use is English; `review`, `corrections`, `explore`, `rules` and `plan`, which are
for reviewers and for officers of directorates, are Indonesian.

What was asked for goes to standard output, progress and what failed to standard error; through a pipe there is no
progress, no colour, and no line is folded.

Every command takes `--version`, `--lang`, `--json` (the answer, for programs, and nothing else) and `--quiet` (only
what failed or has to be mended). `explore` and `review ask` are talks with a person and have neither of the last two.
A command that is refused or breaks off gives no JSON: standard error says why.

## Completion
The shell completes commands and options after this line, to be added to its settings (`bash_source`, `zsh_source`, or
for fish `_PMKS_COMPLETE=fish_source pmks | source`):

```sh
eval "$(_PMKS_COMPLETE=bash_source pmks)"
```

## Exit codes
| code | meaning |
| --- | --- |
"""
EXIT_CODES = {
    0: "Done. `plan`: nothing would change; `doctor`, `verify`: nothing is wrong.",
    1: "Something failed, or is wrong. `run`, `rebuild`, `forget`, `plan`: a stage failed, and what was there before"
    " stands; `doctor`, `verify`, `rules check`: something does not hold; `alert`: a message was not delivered;"
    " others: what was named cannot be used.",
    2: "Wrong use: an option, argument, setting, rule file or data home that cannot be used; nothing was done.",
    3: "`plan` alone: something would change.",
    130: "Ended by Ctrl-C (SIGINT); the same command goes on from what was finished.",
    143: "Ended by a service manager (SIGTERM); likewise.",
}
"""What a command ends with."""
FINDINGS = """\
# Temuan: apa yang diperiksa, dan siapa yang memperbaiki

Setiap temuan menyebut berkas, lembar, baris dan kolom, dengan salah satu kode di bawah. Temuan berdiri di
`records.findings` dan pada lembar perbaikan yang kembali ke desa ([corrections.md](corrections.md)).
Halaman ini disusun dari `validation/findings.csv`; jangan disunting dengan tangan (`make docs`).
"""
FIELDS = ("message", "expected", "actor", "basis")
UNREADABLE = """\
## Berkas yang tidak dapat dibaca

Berkas ini ditolak (`intake.submissions`: `outcome` `rejected`, kodenya di `reason_code`).
Tidak ada barisnya yang dipakai.

| kode | pesan |
| --- | --- |"""


def commands_page() -> str:
    """The help of every command and subcommand, in the order in which the program lists them."""
    parts = [COMMANDS + "".join(f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items())]
    for names, text in helps(main, "pmks"):
        parts.append(f"## {names}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def helps(command: click.Command, names: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Each command below `command` with the whole of its help in English, `WIDTH` characters wide."""
    context = click.Context(
        command, info_name=names.split(" ")[-1], parent=parent, terminal_width=WIDTH, **command.context_settings
    )
    choose(context, "en")
    yield names, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from helps(found, f"{names} {name}", context)


def findings_page() -> str:
    """Every finding code by severity: what it says, what is expected, who acts, and on what basis; then every code of
    a file that cannot be read (Indonesian)."""
    parts = [FINDINGS]
    for severity, label in texts()["severity"].items():
        parts.append(f"## {label['label']} (`{severity}`)\n\nArtinya: {label['meaning']}.\n")
        parts.append("| kode | pesan | yang diharapkan | yang memperbaiki | dasar |\n| --- | --- | --- | --- | --- |")
        mine = {code: entry for code, entry in sorted(CATALOGUE.items()) if entry["severity"] == severity}
        parts += [f"| `{code}` | {' | '.join(entry[field] for field in FIELDS)} |" for code, entry in mine.items()]
        parts.append("")
    unreadable = [f"| `{code}` | {message} |" for code, message in sorted(messages().items())]
    # Placeholders such as <nama berkas> would be taken for HTML.
    return "\n".join([*parts, UNREADABLE, *unreadable, ""]).replace("<", "&lt;")


if __name__ == "__main__":
    for name, page in (("commands.md", commands_page()), ("findings.md", findings_page())):
        write_whole(DOCS / name, page.encode())
        (DOCS / name).chmod(0o644)
