"""A model written by the recipe is one that the real Vosk opens and decodes with."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asr.modelkit import final_mdl, phones
from asr.modelkit.features import FBANK_CONF

Floats = npt.NDArray[np.float32]
_MODEL_CONF = "--acoustic-scale=1.0\n--frame-subsampling-factor=3\n--endpoint.silence-phones=1\n"


@dataclass(frozen=True)
class Map:
    offsets: tuple[int, ...]
    weight: Floats
    bias: Floats
    relu: bool = True
    bypass: bool = False


def maps(favoured: int, outputs: int = 3) -> list[Map]:
    """A network whose last bias makes one output win whatever is heard."""

    def zeros(rows: int, columns: int) -> Floats:
        weight = np.zeros((rows, columns), dtype=np.float32)
        weight[0, 0] = 0.25
        return weight

    bias = np.full(outputs, -9.0, dtype=np.float32)
    bias[favoured] = 9.0
    narrow = np.zeros(4, dtype=np.float32)
    return [
        Map((-1, 0, 1), zeros(4, 120), narrow),
        Map((-3, 0), zeros(2, 8), np.zeros(2, dtype=np.float32), relu=False),
        Map((0, 3), zeros(4, 4), narrow, bypass=True),
        Map((0,), np.zeros((outputs, 4), dtype=np.float32), bias),
    ]


def graph(path: Path) -> None:
    """Silence for ever, or unit 1 as a word of its own, word 1."""
    alone = phones.GAP + 4
    heard = (phones.enter(alone), 1, 0.0, 1)
    states = [
        (0.0, [heard, (phones.enter(phones.SILENCE), 0, 0.0, 2)]),
        (0.0, [(phones.stay(alone), 0, 0.0, 1)]),
        (0.0, [(phones.stay(phones.SILENCE), 0, 0.0, 2), heard]),
    ]
    with path.open("wb") as file:
        file.write(struct.pack("<i", 2125659606))
        for name in (b"vector", b"standard"):
            file.write(struct.pack("<i", len(name)) + name)
        file.write(struct.pack("<iiQqqq", 2, 0, 3, 0, len(states), 5))
        for final, arcs in states:
            file.write(struct.pack("<fq", final, len(arcs)))
            for arc in arcs:
                file.write(struct.pack("<iifi", *arc))


def model(folder: Path, favoured: int) -> Path:
    for name in ("am", "conf", "graph"):
        (folder / name).mkdir(parents=True)
    priors = np.full(3, 1 / 3, dtype=np.float32)
    final_mdl.write(folder / "am" / "final.mdl", maps(favoured), 40, (4, 4), priors)
    (folder / "conf" / "fbank.conf").write_text(FBANK_CONF)
    (folder / "conf" / "model.conf").write_text(_MODEL_CONF)
    (folder / "graph" / "words.txt").write_text("<eps> 0\n好 1\n", encoding="utf-8")
    graph(folder / "graph" / "HCLG.fst")
    return folder


@pytest.mark.parametrize(("favoured", "heard"), [(1, "好"), (0, "")])
def test_vosk_hears_what_the_network_says(tmp_path: Path, favoured: int, heard: str) -> None:
    vosk = pytest.importorskip("vosk", reason="the real recogniser is not installed")
    vosk.SetLogLevel(-1)
    opened = vosk.Model(str(model(tmp_path / "model", favoured)))
    recognizer = vosk.KaldiRecognizer(opened, 8000)
    noise = np.random.default_rng(0).integers(-500, 500, 8000).astype(np.int16)
    recognizer.AcceptWaveform(noise.tobytes())
    assert json.loads(recognizer.FinalResult())["text"] == heard


def test_the_wiring_names_every_component_once() -> None:
    lines = final_mdl.wiring(maps(0), 40)
    assert lines[0] == "input-node name=input dim=40"
    assert lines[-1].startswith("output-node")
    names = [line.split()[1] for line in lines]
    assert len(names) == len(set(names))
    assert (
        "component-node name=map1 component=map1 input=Append(Offset(relu0, -3), relu0)"
    ) in lines
    assert "component-node name=relu2 component=relu2 input=Sum(map2, relu0)" in lines
