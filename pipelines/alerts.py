"""Telling somebody what is newly wrong, and what is well again: by e-mail, or by a webhook.

Danger: who is told the same every five minutes stops to read; who is told nothing because the teller died believes that
all is well. Remedy: each cause is told once, and once more when it is solved, on each channel by itself; and whoever
tells is no part of what it watches: it is started by cron or a timer, and looks at what `pmks doctor` looks at.

Messages name findings and counts, never files, people or their values.
"""

from __future__ import annotations

import json
import smtplib
import ssl
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial
from urllib.parse import unquote, urlsplit

from pipelines.health.checks import examine
from pipelines.health.finding import remedy, what
from pipelines.settings import Alerting
from pipelines.texts.lookup import Texts
from warehouse.files import read_note, write_whole
from warehouse.home import DataHome

SECONDS = 30.0
"""So long a server may take to answer."""


@dataclass(frozen=True)
class Message:
    """What is told: `cause` is the code of a finding, `solved` whether it has gone."""

    cause: str
    solved: bool
    subject: str
    text: str


@dataclass
class Told:
    """What a look came to: how many messages went out, and which channels failed, each with the kind of error."""

    messages: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def tell(home: DataHome, alerting: Alerting, say: Texts) -> Told:
    """Tell on every channel what is newly wrong and what is solved since it was last told.

    What could not be delivered is told by the next look.
    """
    present = dict(_causes(home, say))
    note = home.root / "alerts.json"
    known = read_note(note)
    told = Told()
    for channel, send in _channels(alerting).items():
        before = dict(known.get(channel, {}))
        try:
            for message in _messages(before, present, alerting.name, say):
                send(message)
                told.messages += 1
                before = _after(before, message, present)
        except (OSError, smtplib.SMTPException) as error:
            told.failed[channel] = type(error).__name__
        known[channel] = before
        write_whole(note, json.dumps(known).encode())
    return told


def _causes(home: DataHome, say: Texts) -> Iterator[tuple[str, str]]:
    """What is wrong now: the code of each finding, and its text with what to do."""
    for result in examine(home, deep=False):
        for finding in result.findings:
            if finding.wrong:
                count = say("alert.places", count=len(finding.where)) if finding.where else ""
                lines = (what(finding, say), count, f"→ {remedy(finding, say)}")
                yield finding.code, "\n".join(line for line in lines if line)


def _messages(before: Mapping[str, str], present: Mapping[str, str], name: str, say: Texts) -> Iterator[Message]:
    for cause in sorted(present.keys() - before.keys()):
        text = f"{present[cause]}\n\n{say('alert.more')}"
        yield Message(cause, False, say("alert.wrong", name=name, what=_first_line(present[cause])), text)
    for cause in sorted(before.keys() - present.keys()):
        yield Message(cause, True, say("alert.solved", name=name, what=before[cause]), say("alert.solved_text"))


def _after(before: Mapping[str, str], message: Message, present: Mapping[str, str]) -> dict[str, str]:
    """What has been told once `message` is: each cause that stands, with its first line."""
    if message.solved:
        return {cause: line for cause, line in before.items() if cause != message.cause}
    return {**before, message.cause: _first_line(present[message.cause])}


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip(":.")


def _channels(alerting: Alerting) -> dict[str, Callable[[Message], None]]:
    channels: dict[str, Callable[[Message], None]] = {}
    if alerting.mail:
        channels["mail"] = partial(_mail, alerting)
    if alerting.webhook:
        channels["webhook"] = partial(_post, alerting.webhook)
    return channels


def _mail(alerting: Alerting, message: Message) -> None:
    """Send an e-mail. Raises `OSError` or `smtplib.SMTPException`."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, alerting.sender, ", ".join(alerting.mail)
    mail.set_content(message.text)
    server = urlsplit(alerting.smtp)
    host, secure = server.hostname or "localhost", ssl.create_default_context()
    if server.scheme == "smtps":
        opened: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=SECONDS, context=secure)
    else:
        opened = smtplib.SMTP(host, server.port or 25, timeout=SECONDS)
    with opened as connection:
        if server.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=secure)
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(mail)


def _post(url: str, message: Message) -> None:
    """Post the message as JSON. Raises `OSError`."""
    content = {"cause": message.cause, "solved": message.solved, "subject": message.subject, "text": message.text}
    request = urllib.request.Request(
        url, json.dumps(content).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=SECONDS):
        pass
