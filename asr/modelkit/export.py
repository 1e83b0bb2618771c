"""Puts a trained network and a decoding graph together into a directory that Vosk opens."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from asr.modelkit import final_mdl
from asr.modelkit.features import FBANK_CONF
from asr.modelkit.net import Net

# Endpoint rules are only a safety net: whoever uses the model decides itself when a caller has
# finished, and Vosk must not cut a sentence at a breath.
MODEL_CONF = """--min-active=200
--max-active=4000
--beam=14.0
--lattice-beam=6.0
--acoustic-scale=1.25
--frame-subsampling-factor=3
--endpoint.silence-phones=1:2
--endpoint.rule2.min-trailing-silence=1.2
--endpoint.rule3.min-trailing-silence=1.5
--endpoint.rule4.min-trailing-silence=2.4
"""


def write(net: Net, graph: Path, target: Path, silence_prior: float) -> None:
    """Write the model to `target`; `graph` holds what `graph.build` wrote.

    `silence_prior` is how much likelier silence is taken to be than any other output. The decoder
    divides by the prior: more than 1 makes it bolder, less makes it hold its peace.
    """
    for name in ("am", "conf", "graph"):
        (target / name).mkdir(parents=True, exist_ok=True)
    net.eval()
    priors = np.ones(net.shape.outputs, dtype=np.float32)
    priors[0] = silence_prior
    final_mdl.write(
        target / "am" / "final.mdl",
        net.folded(),
        net.shape.inputs,
        (net.shape.left, net.shape.right),
        priors / priors.sum(),
    )
    (target / "conf" / "fbank.conf").write_text(FBANK_CONF, encoding="utf-8")
    (target / "conf" / "model.conf").write_text(MODEL_CONF, encoding="utf-8")
    for name in ("HCLG.fst", "words.txt"):
        shutil.copyfile(graph / name, target / "graph" / name)
    (target / "graph" / "phones").mkdir(exist_ok=True)
    boundaries = "word_boundary.int"
    shutil.copyfile(graph / boundaries, target / "graph" / "phones" / boundaries)


def size(folder: Path) -> int:
    """Bytes of all files in a directory."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
