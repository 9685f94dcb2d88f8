"""The server of `pmks explore`: pages over one published file, for one person at this machine.

Danger: other accounts of the machine can reach a port that the file's rights keep them from, and a page of the web can
send the browser there. Remedy: it listens on 127.0.0.1 alone, answers GET alone and no other name of a host, and asks
for a key that is made at each start; pages may load nothing, run nothing and be framed by nobody. Each request opens
the file read-only and anew, so that a list published meanwhile is shown and no lock stays.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from assets.publications.referral_rows import columns
from assets.templates import templates_beside
from pipelines.explore import looks
from warehouse.connection import opened

HOST = "127.0.0.1"
KEY = "kunci"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGES = {"list": "explore_list.html", "referral": "explore_referral.html", "ended": "explore_ended.html"}
_BASE = "explore_base.html"
NO_KEY = "Buka alamat yang ditulis oleh pmks explore, dengan kuncinya."
NOT_THERE = "Tidak ada pada daftar ini."
_GROUPS = {
    "Siapa": ["nama", "umur", "jenis_kelamin", "tanggal_lahir", "nik", "no_kk", "hubungan", "kepala", "kepala_tercatat",
              "anggota", "telepon", "wali", "pendamping"],
    "Di mana": ["alamat", "dusun", "rt", "rw", "desa", "kode_desa", "kecamatan", "kabupaten", "provinsi"],
    "Ke mana": ["kategori", "kode_pmks", "status", "unit", "tujuan", "tujuan_kini", "also_referred_to", "memimpin"],
    "Mengapa": ["alasan", "basis", "confidence", "rule_id", "rule_set"],
    "Bukti": ["periode", "daftar_terakhir", "tercatat_pada_daftar_terbaru", "status_hidup", "status_padan",
              "status_layak", "berita_acara", "mungkin_serumah_dengan", "peluang_serumah", "alasan_serumah",
              "record_ids"],
    "Riwayat dan jawaban": ["since", "jawaban", "alasan_jawaban", "tanggal_jawaban", "run_id"],
    "Nomor": ["referral_id", "person_id", "household_id", "subject", "terbatas"],
}  # fmt: skip
"""Every published column of a referral, in the order in which its page shows them (a test compares)."""


def shown_columns() -> list[str]:
    """The columns that the page of a referral shows."""
    return [name for names in _GROUPS.values() for name in names]


class Guard:
    """Lets through who asks with the key: in the address the first time, as a cookie from then on."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app, self._key = app, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.query_params.get(KEY)
        if given is not None and self._is(given):
            response: Response = RedirectResponse("/", status_code=303, headers=_HEADERS)
            response.set_cookie(_cookie(request), self._key, httponly=True, samesite="strict")
            await response(scope, receive, send)
        elif self._is(request.cookies.get(_cookie(request), "")):
            await self._app(scope, receive, send)
        else:
            await HTMLResponse(NO_KEY, status_code=403, headers=_HEADERS)(scope, receive, send)

    def _is(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._key.encode())


def _cookie(request: Request) -> str:
    """Cookies of one host are shared by all its ports: each port has one of its own."""
    return f"pmks_{request.url.port}"


def application(file: Path, key: str) -> Starlette:
    """The pages over one `rujukan.duckdb`, for whoever has the key."""
    pages: dict[str, Callable[[Any, Request], tuple[str, dict[str, Any]] | None]] = {
        "/": _list,
        "/berakhir": _ended,
        "/rujukan/{referral_id}": _referral,
    }

    def answering(look: Callable[[Any, Request], tuple[str, dict[str, Any]] | None]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            with opened(file, read_only=True) as con:
                shown = look(con, request)
                if shown is None:
                    return HTMLResponse(NOT_THERE, status_code=404, headers=_HEADERS)
                name, facts = shown
                text = _templates().get_template(_PAGES[name]).render(about=looks.about(con), **facts)
            return HTMLResponse(text, headers=_HEADERS)

        return answer

    routes = [Route(path, answering(look), methods=["GET"]) for path, look in pages.items()]
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"]), Middleware(Guard, key=key)]
    return Starlette(routes=routes, middleware=guards)


def new_key() -> str:
    """A key that nobody can guess."""
    return secrets.token_urlsafe(24)


def serve(file: Path, port: int, key: str) -> None:
    """Serve the pages at `HOST` until somebody ends it; requests are not logged, since they hold names."""
    import uvicorn

    uvicorn.run(
        application(file, key), host=HOST, port=port, log_level="warning", access_log=False, server_header=False
    )


def _list(con: Any, request: Request) -> tuple[str, dict[str, Any]]:
    asked = request.query_params
    chosen = {facet: asked[facet] for facet in looks.FACETS if asked.get(facet)}
    search = asked.get("cari", "")
    offset = int(asked.get("mulai", "0")) if asked.get("mulai", "0").isdecimal() else 0
    result = looks.found(con, chosen, search, min(offset, 10**9))

    def address(**changed: str | int | None) -> str:
        said = {"cari": search, **chosen} | changed
        return "/?" + urlencode({name: value for name, value in said.items() if value})

    here = {"rows": result.rows, "count": result.of, "facets": result.facets, "search": search, "chosen": chosen}
    more = offset + looks.PAGE_ROWS
    pages = {
        "first": offset + 1,
        "last": offset + len(result.rows),
        "before": address(mulai=max(offset - looks.PAGE_ROWS, 0)) if offset else None,
        "after": address(mulai=more) if more < result.of else None,
    }
    return "list", here | pages | {"address": address, "labels": _labels()}


def _referral(con: Any, request: Request) -> tuple[str, dict[str, Any]] | None:
    one = looks.referral(con, request.path_params["referral_id"])
    if one is None:
        return None
    new, others = looks.is_new(con, one["referral_id"]), looks.others_of(con, one)
    facts = {"groups": _GROUPS, "labels": _labels(), "meanings": looks.meanings(con), "new": new, "others": others}
    return "referral", facts | {"one": one}


def _ended(con: Any, request: Request) -> tuple[str, dict[str, Any]]:
    return "ended", {"rows": looks.ended(con)}


@cache
def _labels() -> dict[str, str]:
    """What each column is called: as above it in the workbook, where it stands there."""
    named = columns().set_index("column")["header"].dropna().to_dict()
    return {name: str(named.get(name, name.replace("_", " ").capitalize())) for name in shown_columns()}


@cache
def _templates() -> Environment:
    made = templates_beside(__file__, trim_blocks=True, lstrip_blocks=True)
    made.filters["said"] = _said
    made.globals["base"] = _BASE
    return made


def _said(value: Any) -> str:
    """A cell as it is read."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
