"""The flow data that the next call gets: read anew whenever its files are edited."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from flows.check import check_flows
from flows.dialogue import FlowData, load_flow_data
from flows.yamlfile import DataError, Problem, data_root

log = logging.getLogger(__name__)

_READ = (".yaml", ".tsv")
Stamps = dict[str, tuple[int, int]]


class FlowStatus(msgspec.Struct, frozen=True):
    """Since when the present data are in force, and what keeps newer files from it.

    ``refused`` names file and line of each problem of the files as they are now; empty when
    these are what is in force.
    """

    loaded: datetime
    refused: tuple[str, ...] = ()


class FlowSource:
    """Loads the flow data below ``directory`` (None: the shipped) and follows its files.

    An edit that cannot be loaded, or that brings a problem which was not there before, is
    refused: the data in force stay. ``use`` is told of new data before the next call gets them.
    """

    def __init__(
        self,
        directory: Path | None,
        *,
        poll_s: float,
        load: Callable[[Path | None], FlowData] = load_flow_data,
    ) -> None:
        self._directory = directory
        self._poll_s = poll_s
        self._load = load
        self._root = Path(str(data_root(directory)))
        self._stamps: Stamps = {}
        self._tolerated: frozenset[tuple[str, str, str]] = frozenset()
        self._data: FlowData | None = None
        self._task: asyncio.Task[None] | None = None
        self.status = FlowStatus(datetime.now().astimezone())
        self.use: Callable[[FlowData], None] = lambda data: None

    @property
    def data(self) -> FlowData:
        """What is in force; only once it is open."""
        assert self._data is not None
        return self._data

    async def open(self) -> FlowData:
        """Load for the first time. Raises :class:`flows.yamlfile.DataError`.

        What is wrong but can be loaded is in force, too: nothing better is known.
        """
        self._stamps = await asyncio.to_thread(self._look)
        self._data = await asyncio.to_thread(self._load, self._directory)
        return self._data

    def watch(self) -> None:
        """Follow the files from now on."""
        if self._poll_s:
            self._task = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self) -> None:
        # Off the first callers' way, and before any edit.
        self._tolerated = await asyncio.to_thread(self._known_problems)
        seen = self._stamps
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                stamps = await asyncio.to_thread(self._look)
                # Only what has not changed since the last look has been written to its end.
                if stamps == seen and stamps != self._stamps:
                    await self._read_again(stamps)
                seen = stamps
            except Exception:
                log.exception("flow data not looked at", extra={"action": "flows"})

    async def _read_again(self, stamps: Stamps) -> None:
        self._stamps = stamps
        try:
            data = await asyncio.to_thread(self._checked)
        except DataError as error:
            self._refuse([str(problem) for problem in error.problems])
            return
        except Exception as error:
            # Whatever the loader stumbles over, calls go on with what they have.
            log.exception("flow data not read", extra={"action": "flows"})
            self._refuse([f"{type(error).__name__}: {error}"])
            return
        self._data = data
        self.status = FlowStatus(datetime.now().astimezone())
        self.use(data)
        log.warning("edited flow data are in force", extra={"action": "flows-loaded"})

    def _refuse(self, problems: list[str]) -> None:
        for problem in problems:
            log.error("edit refused: %s", problem, extra={"action": "flows-refused"})
        self.status = FlowStatus(self.status.loaded, tuple(problems))

    def _checked(self) -> FlowData:
        """The data as the files are now; :class:`DataError` if they are not fit for use."""
        data = self._load(self._directory)
        new = [
            problem for problem in check_flows(data) if _identity(problem) not in self._tolerated
        ]
        if new:
            raise DataError(new)
        return data

    def _known_problems(self) -> frozenset[tuple[str, str, str]]:
        return frozenset(_identity(problem) for problem in check_flows(self.data))

    def _look(self) -> Stamps:
        """Size and time of every file that is read, by its path."""
        found: Stamps = {}
        for folder, _, names in os.walk(self._root):
            for name in names:
                if name.endswith(_READ) and not name.startswith("."):
                    path = Path(folder) / name
                    with contextlib.suppress(OSError):
                        status = path.stat()
                        found[str(path)] = (status.st_mtime_ns, status.st_size)
        return found


def _identity(problem: Problem) -> tuple[str, str, str]:
    """A problem without its line: lines move when others are added."""
    return (problem.file, problem.key, problem.message)
