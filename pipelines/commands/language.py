"""Commands that speak one language from the help to the last line: `--lang`, else `PMKS_LANG`, else their own.

The texts of help stand in `pipelines/texts/help.yml`, under `help.<command path>` and `option.<command path>.<option>`
(or `option.<option>` for one that several commands share), examples in `examples.yml`, so that a command that uses
`Command` or `Group` carries no text itself. What click says about wrong use, such as a missing argument, is in that
language, too (`wrong_use.py`).

Every command takes `--version`, `--json` and `--quiet`, and need not know of it: it prints what it has to say, and
returns its answer for other programs. Only one that has something to say to cron declares `--quiet` itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from pipelines.commands.wrong_use import said
from pipelines.settings import LANGUAGES, SettingError, language, root_of
from pipelines.texts.lookup import Texts, examples

_CHOSEN = "pmks.lang"
"""Where the contexts of a command line share the language that `--lang` names."""
LANG_OPTION, JSON_OPTION, QUIET_OPTION = "--lang", "--json", "--quiet"
_JSON, _QUIET = "answer_as_json", "say_nothing"
"""The parameters of these options, of which a command need not know."""


def texts_of(context: click.Context) -> Texts:
    """The texts in the language of the command that `context` runs."""
    try:
        chosen = context.meta.get(_CHOSEN) or language()
    except SettingError:  # refused when the arguments are parsed
        chosen = None
    return Texts(chosen or _own_language(context))


def choose(context: click.Context, chosen: str) -> None:
    """Make the command of `context` and its subcommands speak `chosen`, as `--lang` does."""
    context.meta[_CHOSEN] = chosen


def texts() -> Texts:
    """The texts in the language of the command that runs now."""
    return texts_of(click.get_current_context())


def help_of(context: click.Context, command: str = "") -> str:
    """The help of the command of `context`, or of its subcommand `command`."""
    path = [*_path(context), *([command] if command else [])]
    return texts_of(context)(".".join(["help", *(path or ["pmks"])]))


def option_help(context: click.Context, option: click.Option) -> str:
    """The help of an option: that of this command alone if there is one, else the one that commands share."""
    say = texts_of(context)
    name = max(option.opts, key=len).lstrip("-")
    own = ".".join(["option", *_path(context), name])
    return say(own if say.has(own) else f"option.{name}", default=say(f"language.{_own_language(context)}"))


class Ended(SystemExit):
    """The end of a command that has an answer, and an exit code of its own."""

    def __init__(self, code: int, answer: object) -> None:
        super().__init__(code)
        self.answer = answer


def end(succeeded: bool, answer: object) -> NoReturn:
    """End the command with exit code 0 or 1, and its answer. Raises `Ended`."""
    raise Ended(0 if succeeded else 1, answer)


def _version(ctx: click.Context, option: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"pmks {version('pmks-referral-pipeline')}")
        ctx.exit()


class _Localized(click.Command):
    """What `Command` and `Group` share. `speaks`: the language where none is chosen; a subcommand takes its group's."""

    shows_version = False
    """Whether help names `--version`."""

    def __init__(self, *args: Any, speaks: str | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.speaks = speaks
        chosen = click.Choice(LANGUAGES)
        self.params.append(click.Option([LANG_OPTION], type=chosen, expose_value=False, metavar="|".join(LANGUAGES)))
        self.params.append(
            click.Option(
                ["--version"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_version,
                hidden=not self.shows_version,
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look for the language first: whether `--help` comes before or after it, help is in that language.

        Exit code 2 where `PMKS_LANG` is no language.
        """
        chosen = _chosen(args)
        if chosen is not None:
            choose(ctx, chosen)
        try:
            language()
        except SettingError as error:
            message = texts_of(ctx)("wrong.setting", where=error.where, value=error.value)
            raise click.UsageError(message, ctx) from None
        with _spoken(ctx):
            return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        prefix = texts_of(ctx)("help.usage")
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=f"{prefix} ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(help_of(ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        records = [(option.get_help_record(ctx), option) for option in options]
        with formatter.section(texts_of(ctx)("help.options")):
            formatter.write_dl([(record[0], option_help(ctx, option)) for record, option in records if record])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(texts_of(ctx)("help.examples")):
            for line in examples()[".".join(_path(ctx)) or "pmks"]:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class Command(_Localized):
    """A command. An error for which there is advice (`advice.<class>`) ends it with its message and that advice, one
    of DuckDB with what to do about the warehouse. `converses`: a person answers it, so that no program reads along and
    nothing of it can be left out."""

    def __init__(self, *args: Any, converses: bool = False, **settings: Any) -> None:
        super().__init__(*args, **settings)
        if converses:
            return
        self.params.append(click.Option([JSON_OPTION, _JSON], is_flag=True))
        if all(QUIET_OPTION not in parameter.opts for parameter in self.params):
            self.params.append(click.Option([QUIET_OPTION, _QUIET], is_flag=True))

    def invoke(self, ctx: click.Context) -> Any:
        as_json, quiet = (ctx.params.pop(name, False) for name in (_JSON, _QUIET))
        ended = None
        with _silent(as_json or quiet):
            try:
                answer = self._advised(ctx)
            except Ended as end:
                answer, ended = end.answer, end
        if as_json:
            answer = answer() if callable(answer) else answer  # what takes time is computed for whoever asked for it
            click.echo(json.dumps(answer, indent=1, ensure_ascii=False, default=str))
        if ended is not None:
            raise ended
        return answer

    def _advised(self, ctx: click.Context) -> Any:
        try:
            with _spoken(ctx):
                return super().invoke(ctx)
        except click.ClickException:
            raise
        except Exception as error:
            say, root = texts_of(ctx), root_of()
            if type(error).__module__.partition(".")[0] in ("duckdb", "_duckdb"):  # its text may quote what it read
                kind = type(error).__name__
                raise click.ClickException(say(f"wrong.{_of_duckdb(error)}", root=root, kind=kind)) from None
            if not say.has(f"advice.{type(error).__name__}"):
                raise
            raise click.ClickException(f"{error}.\n{say(f'advice.{type(error).__name__}', root=root)}") from None


_OF_DUCKDB = {
    "permission denied": "forbidden",
    "input/output error": "failing_disk",
    "no space left": "full_disk",
    "out of memory": "no_memory",
}
"""Words of DuckDB's errors that say nothing against the warehouse itself, and the text about each (`wrong.<name>`)."""


def _of_duckdb(error: Exception) -> str:
    from warehouse.connection import is_locked  # loads DuckDB, which an error of it has

    if is_locked(error):
        return "held"
    said = str(error).lower()
    return next((name for words, name in _OF_DUCKDB.items() if words in said), "warehouse")


class Group(_Localized, click.Group):
    """A group of commands."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        with _spoken(ctx):
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        rows = [(name, _first_line(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section(texts_of(ctx)("help.commands")):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands and options that begin so; no command is imported for it."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=_first_line(ctx, name)) for name in names]
        return commands + click.Command.shell_complete(self, ctx, incomplete)


@contextmanager
def _spoken(ctx: click.Context) -> Iterator[None]:
    """Let what click says about wrong use be in the language of the command of `ctx`."""
    try:
        yield
    except click.ClickException as error:
        raise said(error, ctx, texts_of(ctx)) from None


@contextmanager
def _silent(silent: bool) -> Iterator[None]:
    """Let nothing that is printed come to standard output, where it shall not."""
    if not silent:
        yield
        return
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def _first_line(context: click.Context, command: str) -> str:
    return help_of(context, command).partition("\n")[0]


def _path(context: click.Context) -> list[str]:
    """The names of the command and its groups, without that of the program."""
    names: list[str] = []
    at: click.Context | None = context
    while at is not None and at.parent is not None:
        names.insert(0, str(at.info_name))
        at = at.parent
    return names


def _own_language(context: click.Context) -> str:
    at: click.Context | None = context
    while at is not None:
        speaks = getattr(at.command, "speaks", None)
        if speaks:
            return str(speaks)
        at = at.parent
    return LANGUAGES[0]


def _chosen(args: Sequence[str]) -> str | None:
    """What `--lang` names among `args`; None where it is not there or names no language (click then refuses it)."""
    given = list(args[: args.index("--")] if "--" in args else args)
    for at, argument in enumerate(given):
        name, equals, value = argument.partition("=")
        if name == LANG_OPTION:
            value = value if equals else (given[at + 1] if at + 1 < len(given) else "")
            return value if value in LANGUAGES else None
    return None
