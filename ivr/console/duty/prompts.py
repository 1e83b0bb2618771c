"""Prompts: which there are, how they sound, and the city's own in place of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from aiohttp import web

from ivr.console.access import allowed, audit
from ivr.console.context import CONTEXT, Page
from ivr.console.duty.gauges import DutyNode
from ivr.console.render import page
from ivr.speech import replacing
from ivr.speech.errors import PromptMissing
from ivr.speech.pcm import Pcm, wav_bytes
from ivr.speech.prompts import TONES, PromptLibrary
from ivr.speech.vocabulary import units

PAGE = 50
NO_DIRECTORY = "没有配置 speech.prompts_dir，不能替换"
Standing = Literal["shipped", "own", "missing", "stale", "unusable", "long"]
STANDINGS: tuple[Standing, ...] = ("own", "missing", "stale", "unusable", "long", "shipped")


class Row(msgspec.Struct, frozen=True):
    """One prompt. "own": the city's; "missing" and "stale": the run-time voice speaks."""

    id: str
    text: str
    standing: Standing
    message: str = ""


@dataclass(repr=False)
class PromptPages:
    """``/prompts``. The files are those of this node."""

    node: DutyNode
    _known: tuple[datetime, PromptLibrary] | None = None
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        app.router.add_get("/prompts", self.show)
        app.router.add_get("/prompts/{prompt}/sound", self.sound)
        app.router.add_post("/prompts/{prompt}/try", self.attempt)
        app.router.add_post("/prompts/{prompt}/replace", self.replace)
        app.router.add_post("/prompts/{prompt}/back", self.back)
        return (Page("/prompts", "prompts.title", frozenset({"engineer"})),)

    @property
    def directory(self) -> Path | None:
        """Where the city's recordings lie, None where none is configured."""
        return self.node.config.speech.prompts_dir

    def library(self) -> PromptLibrary:
        """The prompts as calls hear them now."""
        loaded = self.node.flows.status.loaded
        if self._known is None or self._known[0] != loaded:
            overrides = [self.directory] if self.directory else []
            self._known = (loaded, PromptLibrary(self.node.flows.data.prompts, overrides))
        return self._known[1]

    @allowed("engineer")
    async def show(self, request: web.Request) -> web.Response:
        """The list, or those that hold the words and standing asked for."""
        words = request.query.get("words", "").strip()[:60]
        standing = request.query.get("standing", "")
        number = request.query.get("page", "1")
        if not number.isdigit() or len(number) > 4:
            raise web.HTTPBadRequest
        rows = await asyncio.to_thread(rows_of, self.library(), self.node.flows.data.prompts)
        found = [
            row
            for row in rows
            if (not words or words in row.text or words in row.id)
            and standing in ("", row.standing)
        ]
        pages = max(1, -(-len(found) // PAGE))
        current = min(max(1, int(number)), pages)
        return page(
            request,
            "duty-prompts.html",
            rows=found[(current - 1) * PAGE : current * PAGE],
            counts={one: sum(row.standing == one for row in rows) for one in STANDINGS},
            found=len(found),
            asked={"words": words, "standing": standing},
            current=current,
            last=pages,
            link=lambda n: str(request.rel_url.update_query(page=str(n))),
            directory=self.directory,
            most=replacing.MOST_BYTES,
        )

    @allowed("engineer")
    async def sound(self, request: web.Request) -> web.Response:
        """How it sounds now."""
        try:
            recording = await asyncio.to_thread(self.library().recording, self._id(request))
        except PromptMissing:
            raise web.HTTPNotFound from None
        return _wav(recording.pcm)

    @allowed("engineer")
    async def attempt(self, request: web.Request) -> web.Response:
        """Measure a file without using it."""
        try:
            _, measured = await self._read(request)
        except replacing.NotFit as error:
            return _refusal(str(error))
        return _json(measured)

    @allowed("engineer")
    async def replace(self, request: web.Request) -> web.Response:
        """Use a file from now on."""
        prompt, directory = self._id(request), self.directory
        if directory is None:
            return _refusal(NO_DIRECTORY)
        try:
            pcm, measured = await self._read(request)
            async with self._changing:
                await asyncio.to_thread(replacing.put, directory, prompt, pcm, _now(request))
        except replacing.NotFit as error:
            return _refusal(str(error))
        except OSError as error:
            return _refusal(f"{directory}: {error.strerror}")
        await audit(request, "prompt.replace", prompt, f"{measured.seconds:.1f} s")
        return _json(measured)

    @allowed("engineer")
    async def back(self, request: web.Request) -> web.Response:
        """The shipped recording again."""
        prompt, directory = self._id(request), self.directory
        if directory is None:
            return _refusal(NO_DIRECTORY)
        try:
            async with self._changing:
                done = await asyncio.to_thread(
                    replacing.take_back, directory, prompt, _now(request)
                )
        except OSError as error:
            return _refusal(f"{directory}: {error.strerror}")
        if not done:
            raise web.HTTPNotFound
        await audit(request, "prompt.back", prompt)
        return web.json_response({"done": True})

    async def _read(self, request: web.Request) -> tuple[Pcm, replacing.Measured]:
        """The sound in the request's body, and its measures. Raises :class:`NotFit`."""
        prompt = self._id(request)
        body = bytearray()
        async for part in request.content.iter_chunked(1 << 16):
            body += part
            if len(body) > replacing.MOST_BYTES:
                break
        even = request.query.get("even") == "1"
        pcm = await asyncio.to_thread(replacing.read, bytes(body), even)
        try:
            old = (await asyncio.to_thread(self.library().recording, prompt)).pcm
        except PromptMissing:
            old = None
        return pcm, replacing.measure(pcm, old)

    def _id(self, request: web.Request) -> str:
        prompt = request.match_info["prompt"]
        try:
            self.library().text(prompt)
        except PromptMissing:
            raise web.HTTPNotFound from None
        if not replacing.fit_id(prompt):
            raise web.HTTPNotFound
        return prompt


def rows_of(library: PromptLibrary, prompts: Mapping[str, str]) -> list[Row]:
    """All prompts, recorded words and tones by id, each with how it stands."""
    wrong = {problem.prompt: problem for problem in library.check() if problem.kind != "unknown"}
    rows: list[Row] = []
    words = {unit.id: unit.word for unit in units()}
    for name in sorted({*prompts, *words, *TONES}):
        text = prompts.get(name) or words.get(name, "")
        problem = wrong.get(name)
        if problem is not None and problem.kind != "unknown":
            rows.append(Row(name, text, problem.kind, problem.message))
        else:
            standing: Standing = "own" if library.replaced(name) else "shipped"
            rows.append(Row(name, text, standing))
    return rows


def _refusal(why: str) -> web.Response:
    """The reason, for the script to show."""
    return web.json_response({"error": why}, status=422)


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def _wav(pcm: Pcm) -> web.Response:
    return web.Response(body=wav_bytes(pcm), content_type="audio/wav")


def _now(request: web.Request) -> datetime:
    return request.app[CONTEXT].now()
