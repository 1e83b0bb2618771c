"""Writes `am/final.mdl`: the transition model and the nnet3 network that Vosk loads.

The phones and their transitions are those of `asr.modelkit.phones`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from asr.modelkit import phones
from asr.modelkit.kaldi_binary import Writer

Floats = npt.NDArray[np.float32]


class AffineMap(Protocol):
    """`weight @ splice(x, offsets) + bias`, and what is done with it."""

    @property
    def offsets(self) -> tuple[int, ...]:
        """Which input frames lie side by side."""
        ...

    @property
    def weight(self) -> Floats:
        """Shape (out, in * len(offsets))."""
        ...

    @property
    def bias(self) -> Floats:
        """Shape (out,)."""
        ...

    @property
    def relu(self) -> bool:
        """Whether a ReLU follows."""
        ...

    @property
    def bypass(self) -> bool:
        """Whether the output of the last ReLU is added before the next."""
        ...


def write(
    path: Path, maps: Sequence[AffineMap], inputs: int, context: tuple[int, int], priors: Floats
) -> None:
    """Write the model: `maps` one after the other, log-softmax at the end.

    `context` is frames seen to the left and right, `priors` sum to one.
    """
    with Writer(path) as out:
        _transition_model(out, phones.outputs(len(priors)))
        _network(out, maps, inputs)
        out.token("<LeftContext>")
        out.integer(context[0])
        out.token("<RightContext>")
        out.integer(context[1])
        out.token("<Priors>")
        out.vector(priors)


def _transition_model(out: Writer, outputs: Sequence[int]) -> None:
    count = len(outputs)
    out.token("<TransitionModel>", "<Topology>")
    out.integers(list(range(1, count + 1)))
    # Phone number to topology entry; phone 0 does not exist.
    out.integers([-1] + [int(phone == phones.GAP) for phone in range(1, count + 1)])
    out.integer(2)
    # States: the network's output (none for the final one), then where to and how likely.
    _topology(out, [(0, [(0, 0.5), (1, 0.5)]), (-1, [])])
    _topology(out, [(0, [(1, 1.0)]), (1, [(2, 1.0)]), (-1, [])])
    out.token("</Topology>", "<Triples>")
    states = [
        (phone, state, output)
        for phone, output in enumerate(outputs, start=1)
        for state in range(2 if phone == phones.GAP else 1)
    ]
    out.integer(len(states))
    for triple in states:
        for value in triple:
            out.integer(value)
    out.token("</Triples>", "<LogProbs>")
    out.vector([0.0] + [float(np.log(0.5))] * (2 * count))
    out.token("</LogProbs>", "</TransitionModel>")


def _topology(out: Writer, states: Sequence[tuple[int, Sequence[tuple[int, float]]]]) -> None:
    out.integer(len(states))
    for output, transitions in states:
        out.integer(output)
        out.integer(len(transitions))
        for target, chance in transitions:
            out.integer(target)
            out.real(chance)


def wiring(maps: Sequence[AffineMap], inputs: int) -> list[str]:
    """The network's nodes, a line each: which component reads what."""
    lines = [f"input-node name=input dim={inputs}"]

    def node(name: str, source: str) -> str:
        lines.append(f"component-node name={name} component={name} input={source}")
        return name

    def spliced(source: str, offsets: tuple[int, ...]) -> str:
        if offsets == (0,):
            return source
        parts = [source if o == 0 else f"Offset({source}, {o})" for o in offsets]
        return f"Append({', '.join(parts)})"

    current = rectified = "input"
    for number, affine in enumerate(maps[:-1]):
        current = node(f"map{number}", spliced(current, affine.offsets))
        if affine.relu:
            source = f"Sum({current}, {rectified})" if affine.bypass else current
            current = rectified = node(f"relu{number}", source)
    last = node("scores", node(f"map{len(maps) - 1}", spliced(current, maps[-1].offsets)))
    lines.append(f"output-node name=output input={last} objective=linear")
    return lines


def _network(out: Writer, maps: Sequence[AffineMap], inputs: int) -> None:
    lines = wiring(maps, inputs)
    out.token("<Nnet3>")
    out.line("")
    for line in lines:
        out.line(line)
    out.line("")
    names = [line.split()[1].removeprefix("name=") for line in lines[1:-1]]
    out.token("<NumComponents>")
    out.integer(len(names))
    dim = 0
    for name in names:
        out.token("<ComponentName>", name)
        if name.startswith("map"):
            affine = maps[int(name[3:])]
            _affine(out, affine)
            dim = len(affine.bias)
        elif name.startswith("relu"):
            _nonlinear(out, "RectifiedLinearComponent", dim)
        else:
            _nonlinear(out, "LogSoftmaxComponent", dim)
    out.token("</Nnet3>")


def _affine(out: Writer, affine: AffineMap) -> None:
    out.token("<AffineComponent>", "<LearningRate>")
    out.real(0.001)
    out.token("<LinearParams>")
    out.matrix(affine.weight)
    out.token("<BiasParams>")
    out.vector(affine.bias)
    out.token("</AffineComponent>")


def _nonlinear(out: Writer, kind: str, dim: int) -> None:
    """ReLU and log-softmax carry training statistics; empty ones are accepted."""
    out.token(f"<{kind}>", "<Dim>")
    out.integer(dim)
    for statistic in ("<ValueAvg>", "<DerivAvg>"):
        out.token(statistic)
        out.vector([])
    out.token("<Count>")
    out.double(0.0)
    out.token(f"</{kind}>")
