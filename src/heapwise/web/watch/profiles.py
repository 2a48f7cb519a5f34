"""Captured profiles: in the flame view, against an earlier one, and as they were received."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from heapwise.analysis.flame import flame_tree
from heapwise.analysis.merge import against
from heapwise.analysis.view import Query, look
from heapwise.formats import pprof
from heapwise.model.profile import Profile
from heapwise.model.watch import Captured
from heapwise.report.flame_data import flame_data
from heapwise.report.flame_html import live_page
from heapwise.web.watch.html import is_drawable
from heapwise.web.watch.source import Watched

_LARGEST = (1 << 63) - 1  # number of a row
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Profiles:
    """The endpoints below ``/profile`` and ``/growth``."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        # A large heap takes a second and some hundred megabytes; who waits has no thread meanwhile.
        self._drawing = asyncio.Lock()

    @property
    def routes(self) -> list[Route]:
        """The flame view of a profile, or of one against an earlier one, its data, the profile."""
        endpoints = {
            "/profile/{id:int}/": self._show,
            "/profile/{id:int}/data": self._data,
            "/profile/{id:int}/download": self._download,
            "/growth/{base:int}/{id:int}/": self._show,
            "/growth/{base:int}/{id:int}/data": self._data,
        }
        return [Route(path, endpoint, methods=["GET"]) for path, endpoint in endpoints.items()]

    async def _show(self, request: Request) -> Response:
        asked = await self._drawable(request)
        if asked is None:
            return _missing()
        page = live_page(asked.title)
        seal = {"content-security-policy": page.policy}
        return Response(page.text, media_type="text/html", headers=seal)

    async def _data(self, request: Request) -> Response:
        asked = await self._drawable(request)
        if asked is None:
            return _missing()
        async with self._drawing:
            return await _told(lambda: self._drawn(asked))

    async def _download(self, request: Request) -> Response:
        captured = await self._captured(request.path_params["id"])
        if captured is None:
            return _missing()
        answer = await _told(lambda: self._watched.profile_bytes(captured.id))
        answer.headers["content-disposition"] = f'attachment; filename="{_file_name(captured)}"'
        return answer

    async def _drawable(self, request: Request) -> _Asked | None:
        """What a flame graph is asked of; None where there is no such thing."""
        captured = await self._captured(request.path_params["id"])
        number = request.path_params.get("base")
        base = None if number is None else await self._captured(number)
        wanted = [captured] if number is None else [base, captured]
        if captured is None or not all(one is not None and is_drawable(one) for one in wanted):
            return None
        return _Asked(captured, base)

    async def _captured(self, number: int) -> Captured | None:
        if number > _LARGEST:
            return None
        return await run_in_threadpool(self._watched.capture, number)

    def _drawn(self, asked: _Asked) -> bytes:
        profile = self._profile(asked.captured)
        if asked.base is not None:
            profile = against(self._profile(asked.base), profile, marked=True)
        return flame_data(flame_tree(look(profile, Query(), source=asked.title)))

    def _profile(self, captured: Captured) -> Profile:
        return pprof.decode(self._watched.profile_bytes(captured.id), source=_title(captured))


class _Asked(NamedTuple):
    captured: Captured
    base: Captured | None

    @property
    def title(self) -> str:
        compared = f", compared with {self.base.id}" if self.base is not None else ""
        return f"{_title(self.captured)}{compared}"


async def _told(made: Callable[[], bytes]) -> Response:
    """Bytes that are made in a thread."""
    content = await run_in_threadpool(made)
    return Response(content, media_type="application/octet-stream")


def _missing() -> Response:
    return PlainTextResponse("no such profile is kept\n", 404)


def _title(captured: Captured) -> str:
    return f"{captured.kind} {captured.id} of {captured.target}"


def _file_name(captured: Captured) -> str:
    """A name without anything that a header, a shell or a file system reads as more than that."""
    target = _UNSAFE.sub("-", captured.target).strip("-.")[:80]
    kind = _UNSAFE.sub("-", captured.kind)
    ending = "pb.gz" if is_drawable(captured) else "out"
    return f"{target or 'target'}-{captured.id}-{kind}.{ending}"


def first_of_kind(captures: Sequence[Captured]) -> dict[int, int]:
    """For each profile that has an earlier one to compare with, the id of the earliest."""
    first: dict[tuple[str, str], Captured] = {}
    for one in sorted(captures, key=lambda each: each.at_ns):
        first.setdefault((one.target, one.kind), one)
    known = {one.id: first[one.target, one.kind].id for one in captures if is_drawable(one)}
    return {each: base for each, base in known.items() if each != base}
