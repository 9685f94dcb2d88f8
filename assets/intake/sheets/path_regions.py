"""Regions that folders and a file's name say: `OI_Kec.Pemulutan_Ds.PipaPutih`, `Data PMKS ds sukarami 2025.xlsx`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from validation import regions

_FIELDS = {
    "desa": "desa", "ds": "desa", "kelurahan": "desa", "kel": "desa", "nagari": "desa", "gampong": "desa",
    "pekon": "desa", "kampung": "desa", "kecamatan": "kecamatan", "kec": "kecamatan", "distrik": "kecamatan",
    "kabupaten": "kabupaten", "kab": "kabupaten", "provinsi": "provinsi", "prov": "provinsi",
}  # fmt: skip
_LABELS = "|".join(sorted(_FIELDS, key=len, reverse=True))
_LABELLED = re.compile(
    rf"(?<![a-z])(?P<label>{_LABELS})(?![a-z])[\s.:=-]*(?P<name>[a-z][^,;:()\[\]]*?)"
    rf"(?=[\s.-]+(?:{_LABELS})(?![a-z])|[\s.-]*\d|\s*[,;:()\[\]]|\s*$)",
    re.IGNORECASE,
)
_REGENCY = re.compile(r"(?<![\d.])(\d\d)\.?(\d\d)(?![\d.]?\d)")


def folders_of(path: str) -> tuple[str, ...]:
    """The folders of a path; one that is a zip archive by its name without the ending."""
    return tuple(re.sub(r"\.zip$", "", folder, flags=re.IGNORECASE) for folder in PurePosixPath(path).parts[:-1])


def regency_of_path(folders: Sequence[str]) -> str | None:
    """The kabupaten that folders name, by code or by name."""
    for segment in reversed(folders):
        code = _REGENCY.fullmatch(segment.strip())
        if code and regions.is_regency(f"{code[1]}.{code[2]}"):
            return f"{code[1]}.{code[2]}"
    named = [codes[0] for segment in folders if len(codes := regions.find_regencies(segment)) == 1]
    return named[-1] if named else None


@lru_cache(maxsize=4096)
def regions_of_path(path: str) -> Mapping[str, str]:
    """The regions that folders and the file's name say by their labels, and the kabupaten that a folder is named after.

    >>> regions_of_path("OI_Kec.Pemulutan_Ds.PipaPutih/data.xlsx")
    {'kecamatan': 'Pemulutan', 'desa': 'Pipa Putih'}
    """
    folders = folders_of(path)
    found: dict[str, str] = {}
    for segment in (*folders, PurePosixPath(path).stem):
        found |= dict(labelled_regions(segment))
    if "kabupaten" not in found and (code := regency_of_path(folders)):
        found["kabupaten"] = regions.regency_name(code)
    return found


def labelled_regions(segment: str) -> Iterator[tuple[str, str]]:
    """The regions that a name says behind their labels."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"[_+]+", " ", segment))
    for match in _LABELLED.finditer(words):
        yield _FIELDS[match["label"].lower()], match["name"].strip(" .-")


def villages_of_path(path: str, titled: Mapping[str, str]) -> tuple[str, ...]:
    """Codes that fit the village that a path names by its label; `titled`: regions that titles name. What stands behind
    the name (`ds sukarami fix`) is no part of it."""
    named = {**regions_of_path(path), **titled}
    within = [named.get(region) for region in regions.ABOVE_VILLAGES]
    if not any(within[:2]):
        return ()
    choices = beginnings(regions_of_path(path).get("desa", ""))
    return next((codes for name in choices if (codes := regions.find(name, *within))), ())


def beginnings(name: str) -> Iterator[str]:
    """A name, then the same without its last word, and so on (`sukarami fix`, `sukarami`)."""
    words = name.split()
    return (" ".join(words[:count]) for count in range(len(words), 0, -1))
