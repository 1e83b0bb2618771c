from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone

from .board import Board, settings
from .sounds import write_wav


class Open(NamedTuple):
    """An open line and who takes its calls."""

    line: PhoneLine
    board: Board
    uri: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    """A line for the tests of one module that leave nothing behind on it."""
    board = Board()
    async with PhoneLine(settings(tmp_path_factory.mktemp("run")), board.take) as line:
        yield Open(line, board, line.settings.uri)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone() -> AsyncIterator[RobotPhone]:
    async with RobotPhone("13900001111") as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="module")
async def operator() -> AsyncIterator[RobotPhone]:
    async with RobotPhone("operator") as phone:
        yield phone


@pytest.fixture(scope="session")
def prompt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of 440 Hz."""
    return write_wav(tmp_path_factory.mktemp("sound") / "prompt.wav", 440, 1.0)
