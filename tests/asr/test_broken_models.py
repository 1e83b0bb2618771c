from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from asr.decoder import DecoderProcess
from asr.engine import ModelError
from asr.library import check
from asr.settings import AsrSettings
from tests.asr.broken import BROKEN, copy_model
from tests.until import until


@pytest.mark.parametrize("kind", BROKEN)
async def test_the_decoder_does_not_start_and_says_which_file(
    kind: str, model_dir: Path, tmp_path: Path
) -> None:
    break_it, named = BROKEN[kind]
    model = copy_model(model_dir, tmp_path / "model")
    break_it(model)
    decoder = DecoderProcess(AsrSettings(model=str(model)))
    with pytest.raises(ModelError, match=named):
        await decoder.start()
    assert not decoder.available
    assert decoder.pid is None
    await decoder.close()


@pytest.mark.parametrize("kind", ["cut acoustic model", "cut graph", "cut words"])
def test_checking_says_which_file(kind: str, model_dir: Path, tmp_path: Path) -> None:
    break_it, named = BROKEN[kind]
    model = copy_model(model_dir, tmp_path / "model")
    break_it(model)
    with pytest.raises(ModelError, match=named):
        check(model)


async def test_a_directory_that_is_not_there_or_empty(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none", "no such directory"), (tmp_path, "empty")):
        with pytest.raises(ModelError, match=reason):
            await DecoderProcess(AsrSettings(model=str(path))).start()


async def test_a_crash_while_loading_is_a_model_error(model_dir: Path) -> None:
    decoder = DecoderProcess(AsrSettings(model=str(model_dir)))
    starting = asyncio.ensure_future(decoder.start())
    await until(lambda: decoder.pid is not None)
    assert decoder.pid is not None
    os.kill(decoder.pid, signal.SIGSEGV)
    with pytest.raises(ModelError, match="crashed"):
        await starting
    assert not decoder.available


async def test_a_model_that_takes_too_long_is_a_model_error(model_dir: Path) -> None:
    decoder = DecoderProcess(AsrSettings(model=str(model_dir), load_timeout_s=0.01))
    with pytest.raises(ModelError, match="too long"):
        await decoder.start()
    assert decoder.pid is None


async def test_it_can_be_started_again_once_the_model_is_mended(
    model_dir: Path, tmp_path: Path
) -> None:
    model = copy_model(model_dir, tmp_path / "model")
    words = model / "graph" / "words.txt"
    aside = words.rename(tmp_path / "words.txt")
    decoder = DecoderProcess(AsrSettings(model=str(model)))
    with pytest.raises(ModelError):
        await decoder.start()
    aside.rename(words)
    await decoder.start()
    assert decoder.available
    await decoder.close()
