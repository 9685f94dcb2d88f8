"""The settings of an installation: from the options of a command, then the environment, then what holds by default.

Danger: child processes (readers of files, the code server of Dagster) make their settings anew from the environment.
So an option that names a data home, an inbox or a profile is written into the environment, and they see the same.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warehouse.home import DataHome

LANGUAGES = ("en", "id")
"""English and Indonesian: what the terminal speaks. Files for villages and directorates are always Indonesian."""
PREFIX = "PMKS_"
DATA, INBOX, PROFILE, LANGUAGE = "PMKS_DATA", "PMKS_INBOX", "PMKS_PROFILE", "PMKS_LANG"
SENSOR = "PMKS_SENSOR_SECONDS"
MAIL, SMTP, SENDER, WEBHOOK = "PMKS_ALERT_MAIL", "PMKS_ALERT_SMTP", "PMKS_ALERT_SENDER", "PMKS_ALERT_WEBHOOK"


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


VARIABLES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "profile": (PROFILE, str),
    "settle_seconds": ("PMKS_SETTLE_SECONDS", float),
    "workers": ("PMKS_WORKERS", int),
    "read_attempts": ("PMKS_READ_ATTEMPTS", int),
    "read_seconds": ("PMKS_READ_SECONDS", _positive),
    "sender_seconds": ("PMKS_SENDER_SECONDS", _not_negative),
    "run_seconds": ("PMKS_RUN_SECONDS", _not_negative),
    "memory_limit": ("PMKS_MEMORY_LIMIT", str),
    "shrink_percent": ("PMKS_SHRINK_PERCENT", _percent),
    "retry_seconds": ("PMKS_RETRY_SECONDS", float),
    "keys": ("PMKS_KEYS", lambda text: Path(text).absolute()),
    "signing_key": ("PMKS_SIGNING_KEY", lambda text: Path(text).absolute()),
}
"""Fields of `DataHome` that a variable sets, and how its text is read. Set to nothing counts as not set."""
KNOWN = frozenset(
    {DATA, INBOX, LANGUAGE, SENSOR, MAIL, SMTP, SENDER, WEBHOOK, *(variable for variable, _ in VARIABLES.values())}
)
"""Every variable that is read."""


class SettingError(ValueError):
    """A variable holds what cannot be its value; `variable` and `value` say which and what."""

    def __init__(self, variable: str, value: str) -> None:
        self.variable, self.value = variable, value
        super().__init__(f"{variable} cannot be {value!r}")


def from_environment() -> DataHome:
    """The data home as the `PMKS_` variables describe it. Raises `SettingError`."""
    root = Path(os.environ.get(DATA) or "data").absolute()
    inbox = Path(os.environ.get(INBOX) or root / "inbox").absolute()
    values: dict[str, Any] = {"workers": os.cpu_count() or 1}
    for field, (variable, read) in VARIABLES.items():
        text = os.environ.get(variable)
        if text:
            try:
                values[field] = read(text)
            except ValueError:
                raise SettingError(variable, text) from None
    return DataHome(root=root, inbox=inbox, **values)


def from_options(data: Path | None = None, inbox: Path | None = None, profile: str | None = None) -> DataHome:
    """The data home that options of a command name, over the environment. Raises `SettingError`."""
    for variable, path in ((DATA, data), (INBOX, inbox)):
        if path is not None:
            os.environ[variable] = str(path.absolute())
    if profile is not None:
        os.environ[PROFILE] = profile
    return from_environment()


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
    """What the environment says about alerts; nobody is told where it says nothing. Raises `SettingError`."""
    host = socket.gethostname()
    mail = tuple(address.strip() for address in os.environ.get(MAIL, "").split(",") if address.strip())
    smtp, webhook = os.environ.get(SMTP) or "smtp://localhost", os.environ.get(WEBHOOK, "")
    if urlsplit(smtp).scheme not in ("smtp", "smtps"):
        raise SettingError(SMTP, urlsplit(smtp).scheme)
    if webhook and urlsplit(webhook).scheme not in ("http", "https"):
        raise SettingError(WEBHOOK, urlsplit(webhook).scheme)
    return Alerting(mail, smtp, os.environ.get(SENDER) or f"pmks@{host}", webhook, host)


def sensor_seconds() -> int:
    """How often the sensors look. Raises `SettingError`."""
    text = os.environ.get(SENSOR) or "15"
    if not text.isdigit() or not int(text):
        raise SettingError(SENSOR, text)
    return int(text)


def language() -> str | None:
    """The language that `PMKS_LANG` sets, if any. Raises `SettingError`."""
    text = os.environ.get(LANGUAGE) or None
    if text is not None and text not in LANGUAGES:
        raise SettingError(LANGUAGE, text)
    return text
