"""The settings of an installation: from the options of a command, then the environment, then `pmks.toml` in the data
home, then what holds by default.

Danger: child processes (readers of files, the code server of Dagster) make their settings anew from the environment.
So an option that names a data home, an inbox or a profile is written into the environment, and they see the same.
"""

from __future__ import annotations

import difflib
import os
import socket
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from warehouse.home import ADDRESSES, CARDS, DataHome

LANGUAGES = ("en", "id")
"""English and Indonesian: what the terminal speaks. Files for villages and directorates are always Indonesian."""
PREFIX = "PMKS_"
DATA, INBOX, PROFILE = "PMKS_DATA", "PMKS_INBOX", "PMKS_PROFILE"


def _percent(text: str) -> float:
    """A share of 0 to 100. Raises `ValueError`."""
    share = float(text)
    if not 0 <= share <= 100:
        raise ValueError(text)
    return share


def _not_negative(text: str) -> float:
    """A number, 0 or above. Raises `ValueError`."""
    number = float(text)
    if not number >= 0:
        raise ValueError(text)
    return number


def _positive(text: str) -> float:
    """A number above 0. Raises `ValueError`."""
    number = float(text)
    if not number > 0:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    """A whole number above 0. Raises `ValueError`."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _days(text: str) -> int:
    """A number of days, 0 or above. Raises `ValueError`."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _one_of(*names: str) -> Callable[[str], str]:
    """One of some names. Raises `ValueError`."""

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(text)
        return text

    return read


def _address(*schemes: str) -> Callable[[str], str]:
    """An address of one of some schemes. Raises `ValueError`, whose text leaves out its name and password."""

    def read(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError(urlsplit(text).scheme)
        return text

    return read


def _addresses(text: str) -> tuple[str, ...]:
    """E-mail addresses, separated by commas."""
    return tuple(address.strip() for address in text.split(",") if address.strip())


def _storage(text: str) -> str:
    """`s3://BUCKET/PREFIX`, or the whole path of a folder. Raises `ValueError`."""
    if not (text.startswith("s3://") and urlsplit(text).netloc) and not Path(text).is_absolute():
        raise ValueError(text)
    return text


class Setting(NamedTuple):
    """What may be set: `name` in `pmks.toml`, and `PMKS_` with `name` in capitals in the environment. `read`: how its
    text is read, a `ValueError` says what in it is wrong; `Path` counts from the home or from the working folder."""

    name: str
    read: Callable[[str], Any]
    meaning: str

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("inbox", Path, "where village files are dropped"),
        Setting(
            "profile",
            str,
            "routing profile (`full-2012`, `study-2011`, `sk-101-2022`), or a rule file of your own",
        ),
        Setting(
            "settle_seconds",
            _not_negative,
            "a file changed more recently than this, and not seen unchanged before, is still being copied",
        ),
        Setting(
            "read_attempts",
            int,
            "so many runs try to read a file whose reader was killed from outside or ran out of time",
        ),
        Setting("read_seconds", _positive, "reading one file may take so long, and 5 seconds longer for each megabyte"),
        Setting(
            "sender_seconds",
            _not_negative,
            "in one run, the slow files of one folder may take so long together; 0: no bound",
        ),
        Setting(
            "run_seconds",
            _not_negative,
            "in one run, the slow files of all folders may take so long together; 0: no bound",
        ),
        Setting("workers", _count, "processes that read files, and that write workbooks for villages"),
        Setting(
            "wrong_merge_cost",
            _positive,
            "two people, or two households, that are taken for one cost as much as so many that are listed twice; the"
            " more, the surer matching must be to join them",
        ),
        Setting(
            "households",
            _one_of(CARDS, ADDRESSES),
            "what a household is: a family, as cards and heads tell it (`cards`), or, where nobody has a card, all who"
            " live at one house number, an institution as well (`addresses`), as a census counts",
        ),
        Setting("memory_limit", str, "refuse to match where more memory would be needed, such as `4GB`"),
        Setting(
            "shrink_percent",
            _percent,
            "a run stops where more than this share of the lists, people or referrals in force would be lost without"
            " a withdrawal",
        ),
        Setting(
            "retry_seconds",
            _not_negative,
            "the pause before the daemon tries again what failed; each further pause is twice as long",
        ),
        Setting("sensor_seconds", _count, "how often the sensors look"),
        Setting(
            "run_days",
            _days,
            "runs stay in Dagster's log for so many days, and longer where something rests on them; 0: for ever",
        ),
        Setting(
            "retention_years",
            _count,
            "`pmks doctor` counts people who were last listed longer ago, and `pmks forget --past-retention` erases"
            " them",
        ),
        Setting("alert_mail", _addresses, "addresses that `pmks alert` tells by e-mail, separated by commas"),
        Setting(
            "alert_smtp",
            _address("smtp", "smtps"),
            "the mail server, `smtp://` or `smtps://`, with `name:password@` where it wants them",
        ),
        Setting("alert_sender", str, "the address that mails come from"),
        Setting("alert_webhook", _address("http", "https"), "an address that `pmks alert` posts JSON to"),
        Setting(
            "signing_key",
            Path,
            "an Ed25519 key as a PEM file, outside of the data home, that signs the chain of runs"
            " (`openssl genpkey -algorithm ed25519 -out FILE`)",
        ),
        Setting(
            "keys",
            Path,
            "the file, or the folder, of the secret key from which pseudonyms are made; never below `published/`",
        ),
        Setting(
            "storage",
            _storage,
            "where several machines keep one state: `s3://BUCKET/PREFIX`, or a folder that all of them reach",
        ),
        Setting(
            "spark_master",
            str,
            "where all people have to be matched, they are matched on this Spark cluster, such as `spark://HOST:7077`;"
            " all its workers reach the data home by the same path",
        ),
        Setting("spark_buckets", _count, "tasks into which matching on Spark is divided; each needs 1.2 KB a record"),
        Setting(
            "lang",
            _one_of(*LANGUAGES),
            "what the terminal speaks: `en` or `id`; files for villages and directorates are always Indonesian",
        ),
    )
}
"""Every setting but the data home itself (`PMKS_DATA`), by its name."""
VARIABLES = frozenset({DATA, *(setting.variable for setting in SETTINGS.values())})
"""Every variable that is read."""
OF_HOME = {field.name for field in fields(DataHome)} & SETTINGS.keys() - {"inbox"}
"""Settings that are fields of `DataHome`."""


class SettingError(ValueError):
    """A setting holds what cannot be its value, or `pmks.toml` cannot be used: where, and what."""

    def __init__(self, where: str, value: str) -> None:
        self.where, self.value = where, value
        super().__init__(f"{where}: {value!r} cannot be used")


class Given(NamedTuple):
    """A value that somebody set, and where."""

    value: Any
    where: str


def root_of() -> Path:
    """The data home that the environment names."""
    return Path(os.environ.get(DATA) or "data").absolute()


def given() -> dict[str, Given]:
    """What is set, by the name of the setting: by a variable, else in `pmks.toml`. Set to nothing counts as not set.

    Raises `SettingError` for what cannot be a value, and for names in the file that nothing reads.
    """
    root, found = root_of(), {}
    file = DataHome(root, root).settings_file
    for name, text in _in_file(file).items():
        found[name] = _read(name, text, f"{file}: {name}", root)
    for name, setting in SETTINGS.items():
        if in_environment := os.environ.get(setting.variable):
            found[name] = _read(name, in_environment, setting.variable, Path.cwd())
    return found


def _in_file(path: Path) -> dict[str, str]:
    """What `pmks.toml` says, as texts; nothing where there is none."""
    if not path.exists():
        return {}
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(str(path), str(error)) from None
    for name, value in said.items():
        if name not in SETTINGS:
            near = difflib.get_close_matches(name, SETTINGS, 1, 0.0)
            raise SettingError(str(path), f"{name} ({near[0]}?)")
        if isinstance(value, (bool, dict)):
            raise SettingError(f"{path}: {name}", type(value).__name__)
    texts = {name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in said.items()}
    return {name: text for name, text in texts.items() if text}


def _read(name: str, text: str, where: str, folder: Path) -> Given:
    try:
        value = SETTINGS[name].read(text)
    except ValueError as error:
        hidden = name.startswith("alert_")  # what an address holds beside its scheme may be a password
        raise SettingError(where, str(error) if hidden else text) from None
    return Given(folder / value if isinstance(value, Path) else value, where)


def from_environment() -> DataHome:
    """The data home as the environment and its `pmks.toml` describe it. Raises `SettingError`."""
    root, said = root_of(), given()
    inbox = said["inbox"].value if "inbox" in said else root / "inbox"
    values = {name: said[name].value for name in OF_HOME & said.keys()}
    return DataHome(root=root, inbox=inbox, **({"workers": os.cpu_count() or 1} | values))


class InForce(NamedTuple):
    """The value of a setting as text, without passwords, and where it was set; both are empty where nothing says it."""

    value: str
    where: str


def in_force() -> dict[str, InForce]:
    """Every setting, the data home first. Raises `SettingError`."""
    said, home = given(), from_environment()
    told = alerting()
    defaults = {name: getattr(home, name) for name in OF_HOME | {"inbox"}}
    defaults |= {
        "sensor_seconds": sensor_seconds(),
        "run_days": run_days(),
        "alert_smtp": told.smtp,
        "alert_sender": told.sender,
    }
    found = {"data": InForce(str(home.root), DATA if os.environ.get(DATA) else "")}
    for name in SETTINGS:
        default = defaults.get(name)
        setting = said.get(name) or Given(default, "")
        found[name] = InForce(_without_secrets(_shown(setting.value)), setting.where)
    return found


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _without_secrets(text: str) -> str:
    """An address of the web or of a mail server without what lets people in: its name, password, path and query."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else text


def from_options(data: Path | None = None, inbox: Path | None = None, profile: str | None = None) -> DataHome:
    """The data home that options of a command name, over all else. Raises `SettingError`."""
    for variable, path in ((DATA, data), (INBOX, inbox)):
        if path is not None:
            os.environ[variable] = str(path.absolute())
    if profile is not None:
        os.environ[PROFILE] = profile
    return from_environment()


def checked(values: dict[str, Any]) -> dict[str, Any]:
    """Values of settings that did not come as texts, such as those of one run; None stands for not set.

    Raises `SettingError`.
    """
    return {
        name: None if value is None else _read(name, str(value), name, Path.cwd()).value
        for name, value in values.items()
    }


@dataclass(frozen=True)
class Alerting:
    """Whom to tell what is wrong. `mail`: addresses; `smtp`: `smtp://` or `smtps://`, with name and password where the
    server wants them; `webhook`: an address that takes JSON; `name`: how messages call this installation."""

    mail: tuple[str, ...]
    smtp: str
    sender: str
    webhook: str
    name: str


def alerting() -> Alerting:
    """What is set about alerts; nobody is told where nothing is. Raises `SettingError`."""
    host = socket.gethostname()
    said = {name.removeprefix("alert_"): found.value for name, found in given().items() if name.startswith("alert_")}
    return Alerting(
        **{"mail": (), "smtp": "smtp://localhost", "sender": f"pmks@{host}", "webhook": "", "name": host, **said}
    )


def sensor_seconds() -> int:
    """How often the sensors look. Raises `SettingError`."""
    said = given()
    return said["sensor_seconds"].value if "sensor_seconds" in said else 15


def run_days() -> int:
    """For how many days Dagster's log of runs is kept; 0: for ever. Raises `SettingError`."""
    said = given()
    return said["run_days"].value if "run_days" in said else 90


def retention_years() -> int | None:
    """For how many years people are kept after they were last listed; None: nothing is set. Raises `SettingError`."""
    said = given()
    return said["retention_years"].value if "retention_years" in said else None


def language() -> str | None:
    """The language that is set, if any; a `pmks.toml` that cannot be used is told by whatever needs more of it.

    Raises `SettingError` for a variable that is no language.
    """
    text = os.environ.get(SETTINGS["lang"].variable)
    if text:
        return str(_read("lang", text, SETTINGS["lang"].variable, Path.cwd()).value)
    try:
        said = given()
    except SettingError:
        return None
    return said["lang"].value if "lang" in said else None
