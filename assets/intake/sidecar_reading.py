"""Reading sidecars: untrusted YAML, checked against a schema, in the isolated children.

Danger: YAML can nest until the parser's stack ends, and repeat itself by aliases until memory does. Remedy: the text is
looked through event by event first, with bounds on bytes, depth, aliases and tags; only then is it built, as plain text
without YAML's guesses about numbers and dates. What a key may hold stands in `Sidecar`, its description in
`sidecar_keys.csv`. Imports no library of frames, which would take longer to load than the sidecars to read.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from validation import regions
from validation.categories import scheme_names
from validation.fields import FIELDS
from validation.periods import is_period
from validation.rule_tables import rule_table
from validation.vocabulary import disability_of, relation_of, sex_of

MOST_BYTES = 64 * 1024
"""Sidecars of the largest sheets known take 4 kB."""
MOST_DEPTH = 8
MOST_ENTRIES = 2_000
"""Values of one sidecar, keys included."""
MOST_FAULTS = 5
SHOWN = 40
"""So many characters of a key are shown."""
LAST_ROW = 1_048_576
_PARTS = frozenset({*FIELDS, "kode_desa", "periode"})
_OWN_NAME = {"kode_desa": "kode_desa_baris", "periode": "periode_baris"}
_NO_DISABILITY = frozenset({"tidak", "tidak ada", "bukan", "normal", "-"})
_LIVES = ("hidup", "meninggal", "pindah")
_NOTHING = frozenset({"", "-", "~", "null", "none"})
"""How people write that a column is set aside."""


class Fault(NamedTuple):
    """What is wrong in a sidecar: the code of a finding, and facts for its message."""

    code: str
    facts: dict[str, str]


class SidecarResult(NamedTuple):
    """`declared`: the keys in canonical form; where there are `faults`, only those that say where the file belongs."""

    declared: dict[str, Any]
    faults: list[Fault]


class _RefusedError(ValueError):
    """The whole sidecar cannot be used; the message says why, in Indonesian, without anything that stands in it."""


def _plain(text: str) -> str:
    """Text without the space around it. Raises `ValueError` where it holds control characters."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\r\n" for sign in text):
        raise ValueError("control characters")
    return text.strip()


def _as_in_file(text: str) -> str:
    """Text that has to be as it stands in the list, whatever that is."""
    if any(unicodedata.category(sign) == "Cs" or sign == "\0" for sign in text):
        raise ValueError("no characters")
    return text


def _only_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _village(text: str) -> str:
    code = regions.village_code_in(text)
    if code is None:
        raise ValueError("no village")
    return code


def _period(text: str) -> str:
    if not (is_period(text.upper()) and text.startswith(("19", "20"))):
        raise ValueError("no period")
    return text.upper()


def _scheme(text: str) -> str:
    if text not in scheme_names():
        raise ValueError("no scheme")
    return text


def _row(text: str) -> int:
    if not re.fullmatch("[0-9]{1,7}", text) or int(text) > LAST_ROW:
        raise ValueError("no row")
    return int(text)


def _listed(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _category(text: str) -> str:
    return text.zfill(2) if re.fullmatch("[0-9]", text) else text


def _sex(text: str) -> str:
    sex = sex_of(text)
    if sex is None:
        raise ValueError("no sex")
    return sex


def _relation(text: str) -> str:
    relation = relation_of(text)
    if relation is None:
        raise ValueError("no relation")
    return relation


def _disability(text: str) -> str:
    kind = disability_of(text)
    if kind is None and text.strip().lower() not in _NO_DISABILITY:
        raise ValueError("no disability")
    return kind or "tidak ada"


def _yes(text: str) -> bool:
    if text.lower() not in ("ya", "true"):
        raise ValueError("not said")
    return True


def _life(text: str) -> str:
    if text.lower() not in _LIVES:
        raise ValueError("no status of life")
    return text.lower()


def _field(text: object) -> str | None:
    """A field, or two joined by `+` for a combined column; None sets a column aside."""
    if _only_text(text).strip().lower() in _NOTHING:
        return None
    parts = [part.strip().lower() for part in _only_text(text).split("+")]
    if any(part not in _PARTS for part in parts):
        raise ValueError("no field")
    return "+".join(_OWN_NAME.get(part, part) for part in parts)


_Text = Annotated[str, BeforeValidator(_only_text), AfterValidator(_plain)]
_Short = Annotated[_Text, Field(min_length=1, max_length=100)]
_Sheet = Annotated[str, BeforeValidator(_only_text), AfterValidator(_as_in_file), Field(max_length=1_000)]
_Header = Annotated[_Sheet, AfterValidator(str.strip)]


class _OfSheet(BaseModel):
    """What may be said of a file or of one of its sheets."""

    model_config = ConfigDict(extra="forbid")

    kode_desa: Annotated[_Short, AfterValidator(_village)] = ""
    periode: Annotated[_Short, AfterValidator(_period)] = ""
    kode_pmks: Annotated[
        list[Annotated[_Short, AfterValidator(_category)]], BeforeValidator(_listed), Field(min_length=1, max_length=50)
    ] = []
    skema_kode: Annotated[_Short, AfterValidator(_scheme)] = ""
    jenis_kelamin: Annotated[dict[_Short, Annotated[_Short, AfterValidator(_sex)]], Field(max_length=50)] = {}
    hubungan: Annotated[dict[_Short, Annotated[_Short, AfterValidator(_relation)]], Field(max_length=50)] = {}
    jenis_disabilitas: Annotated[
        dict[_Short, Annotated[_Short, AfterValidator(_disability)]], Field(max_length=50)
    ] = {}
    status_hidup: Annotated[dict[_Short, Annotated[_Short, AfterValidator(_life)]], Field(max_length=50)] = {}
    kolom: Annotated[dict[_Header, Annotated[str | None, BeforeValidator(_field)]], Field(max_length=500)] = {}
    baris_kepala: Annotated[int, BeforeValidator(lambda value: _row(_only_text(value).strip()))] = 0


class _OneSheet(_OfSheet):
    """What may be said of one sheet only."""

    berisi_orang: Annotated[bool, BeforeValidator(lambda value: _yes(_only_text(value).strip()))] = False


class Sidecar(_OfSheet):
    """The schema of a sidecar: every key that there is, and what it may hold."""

    lembar: Annotated[dict[_Sheet, _OneSheet], Field(max_length=200)] = {}
    menggantikan: Annotated[_Text, Field(min_length=1, max_length=4_096)] = ""
    ditarik: Annotated[_Text, Field(min_length=1, max_length=500)] = ""


KEYS = tuple(Sidecar.model_fields)


@cache
def allowed() -> dict[str, str]:
    """What each key may hold, in Indonesian."""
    return {row["key"]: row["allowed"] for row in rule_table(__file__, "sidecar_keys.csv")}


def read_sidecars(sidecars: list[tuple[str, bytes]]) -> list[SidecarResult]:
    """Read some sidecars: the name that messages use, and the bytes. Each costs only itself."""
    return [read_sidecar(name, content) for name, content in sidecars]


def read_sidecar(name: str, content: bytes) -> SidecarResult:
    """The declared keys of one sidecar in canonical form, or what is wrong with it. Raises nothing."""
    try:
        said = _built(content)
        return SidecarResult(Sidecar.model_validate(said).model_dump(exclude_unset=True), [])
    except _RefusedError as error:
        return SidecarResult({}, [Fault("sidecar_unreadable", {"sidecar": name, "alasan": str(error)})])
    except ValidationError as error:
        places = list(dict.fromkeys(_place(one["loc"]) for one in error.errors(include_input=False, include_url=False)))
        faults = [
            Fault("sidecar_key_refused", {"kunci": shown_text(place), "sidecar": name, "boleh": _may(place)})
            for place in places[:MOST_FAULTS]
        ]
        wrong = {place[0] for place in places}
        where = {key: said[key] for key in ("kode_desa", "periode") if key in said and key not in wrong}
        return SidecarResult(_OfSheet.model_validate(where).model_dump(exclude_unset=True), faults)


def _place(location: tuple[int | str, ...]) -> tuple[str, ...]:
    """Which key is wrong: the key of the file, or the sheet and its key."""
    parts = [str(part) for part in location]
    return tuple(parts[:3]) if parts[0] == "lembar" and len(parts) > 2 else (parts[0],)


def _may(place: tuple[str, ...]) -> str:
    """What is allowed at a place, in Indonesian: what the key may hold, or which keys there are."""
    known = KEYS if len(place) == 1 else tuple(_OneSheet.model_fields)
    return allowed()[place[-1]] if place[-1] in known else "hanya kunci " + ", ".join(known)


def shown_text(parts: tuple[str, ...]) -> str:
    """A key as a message shows it: short, and nothing that cannot be printed."""
    text = " > ".join(part[: SHOWN + 1] for part in parts)
    printable = "".join(sign if sign.isprintable() else "?" for sign in text)
    return printable if len(printable) <= SHOWN else printable[:SHOWN] + "…"


def _built(content: bytes) -> dict[str, Any]:
    """The content as mappings, lists and texts. Raises `_RefusedError`."""
    if len(content) > MOST_BYTES:
        raise _RefusedError(f"lebih besar dari {MOST_BYTES // 1024} kB")
    try:
        text = content.decode("utf-8-sig")
        _look_through(text)
        node = yaml.compose(text, Loader=yaml.CBaseLoader)
    except UnicodeDecodeError:
        raise _RefusedError("bukan teks UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (sekitar baris {mark.line + 1})" if mark else ""
        raise _RefusedError(f"bukan YAML yang benar{where}") from None
    except yaml.YAMLError:
        raise _RefusedError("bukan YAML yang benar") from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise _RefusedError("isinya bukan daftar kunci (kunci: isi)")
    built: dict[str, Any] = _value(node, folded=True)
    return built


def _look_through(text: str) -> None:
    """Refuse what nests too deep, repeats itself, or names types, before anything is built."""
    depth = entries = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _RefusedError("memakai jangkar atau alias YAML (& atau *); tulis isinya langsung")
        if getattr(event, "tag", None) is not None:
            raise _RefusedError("memakai tanda jenis YAML (!); tulis isinya tanpa tanda itu")
        if isinstance(event, yaml.ScalarEvent):
            entries += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent) and entries:
            raise _RefusedError("berisi lebih dari satu dokumen YAML (---)")
        if depth > MOST_DEPTH:
            raise _RefusedError(f"bertingkat lebih dari {MOST_DEPTH}")
        if entries > MOST_ENTRIES:
            raise _RefusedError(f"berisi lebih dari {MOST_ENTRIES} isian")


def _value(node: yaml.Node, *, folded: bool = False) -> Any:
    """A node as it is written. `folded`: its keys are those of sidecars, in any case of letters."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _RefusedError("ada kunci yang bukan teks")
        name = str(key.value).strip().lower() if folded else str(key.value)
        if name in found:
            raise _RefusedError(f"kunci yang sama tertulis dua kali (baris {key.start_mark.line + 1})")
        found[name] = _of_sheets(value) if folded and name == "lembar" else _value(value)
    return found


def _of_sheets(node: yaml.Node) -> Any:
    """The value of `lembar`: below each sheet stand keys of sidecars again."""
    if not isinstance(node, yaml.MappingNode):
        return _value(node)
    sheets = _value(yaml.MappingNode(node.tag, [(key, yaml.ScalarNode("", "")) for key, _ in node.value]))
    return dict(zip(sheets, (_value(value, folded=True) for _, value in node.value), strict=True))


def facts_of(faults: list[Fault]) -> list[list[object]]:
    """Faults as a declaration keeps them."""
    return [[fault.code, dict(fault.facts)] for fault in faults]
