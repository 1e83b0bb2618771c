"""The acoustic network: 40 filter-bank values at 100 a second in, unit scores at 33 a second out.

The first layer looks at 90 ms and keeps every third frame; then come residual blocks
`x + B·ReLU(norm(A·splice(x)))`; at the end log-probabilities of blank and units (CTC). The shape
is chosen so that every piece is an affine map, a ReLU or a sum once the norms are folded in, which
is all that the file format needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Floats = npt.NDArray[np.float32]

SUBSAMPLING = 3


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. Offsets are in input frames of 10 ms."""

    inputs: int = 40
    outputs: int = 60
    width: int = 256
    inner: int = 384
    first_offsets: tuple[int, ...] = (-3, -2, -1, 0, 1, 2, 3, 4, 5)
    # More past than future: what lies ahead is time the caller waits for an answer.
    block_offsets: tuple[tuple[int, ...], ...] = (
        (-3, 0, 3),
        (-3, 0, 3),
        (-3, 0, 3),
        (-3, 0, 3),
        (-6, 0, 3),
        (-6, 0, 3),
        (-6, 0, 3),
        (-6, 0, 3),
    )

    @property
    def left(self) -> int:
        """Frames of the past that one output sees."""
        return -self.first_offsets[0] - sum(o[0] for o in self.block_offsets)

    @property
    def right(self) -> int:
        """Frames of the future that one output waits for."""
        return self.first_offsets[-1] + sum(o[-1] for o in self.block_offsets)


@dataclass(frozen=True)
class Affine:
    """`weight @ splice(x, offsets) + bias`; weight has shape (out, in * len(offsets))."""

    offsets: tuple[int, ...]
    weight: Floats
    bias: Floats


def splice(x: Tensor, offsets: tuple[int, ...], stride: int = 1) -> Tensor:
    """Frames side by side, (batch, time, dim) to (batch, less time, dim * len(offsets))."""
    low, high = min(offsets), max(offsets)
    count = x.shape[1] - (high - low)
    return torch.cat([x[:, o - low : o - low + count : stride] for o in offsets], dim=2)


class Norm(nn.BatchNorm1d):
    """Batch normalisation over a (batch, time, dim) tensor."""

    def forward(self, x: Tensor) -> Tensor:
        """Each value of dim to zero mean and unit spread over batch and time."""
        return super().forward(x.reshape(-1, x.shape[2])).reshape(x.shape)


class Block(nn.Module):
    """A residual layer with two affine maps."""

    def __init__(self, shape: Shape, offsets: tuple[int, ...]) -> None:
        super().__init__()
        self.offsets = offsets
        self.a = nn.Linear(shape.width * len(offsets), shape.inner, bias=False)
        self.norm = Norm(shape.inner)
        self.b = nn.Linear(shape.inner, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, width) at 33 frames a second, to the same with less time."""
        steps = tuple(o // SUBSAMPLING for o in self.offsets)
        count = x.shape[1] - (steps[-1] - steps[0])
        middle = x[:, -steps[0] : -steps[0] + count]
        inner = torch.relu(self.norm(self.a(splice(x, steps))))
        outer: Tensor = self.b(inner)
        return middle + outer


class Net(nn.Module):
    """The whole network; `mean` and `scale` of the input belong to it."""

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.inputs))
        self.register_buffer("scale", torch.ones(shape.inputs))
        self.first = nn.Linear(shape.inputs * len(shape.first_offsets), shape.width, bias=False)
        self.first_norm = Norm(shape.width)
        self.blocks = nn.ModuleList(Block(shape, o) for o in shape.block_offsets)
        self.last_norm = Norm(shape.width)
        self.last = nn.Linear(shape.width, shape.outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, 40) to log-probabilities (batch, ceil(time / 3), outputs).

        The edges are filled with copies of the first and last frame, as the decoder does.
        """
        outputs = (x.shape[1] + SUBSAMPLING - 1) // SUBSAMPLING
        x = (x - self.mean) * self.scale
        head = x[:, :1].expand(-1, self.shape.left, -1)
        tail = x[:, -1:].expand(-1, self.shape.right + SUBSAMPLING, -1)
        x = torch.cat([head, x, tail], dim=1)
        # The left context is a multiple of three, so the frames kept are those of the outputs.
        x = splice(x, self.shape.first_offsets, stride=SUBSAMPLING)
        x = torch.relu(self.first_norm(self.first(x)))
        for block in self.blocks:
            x = block(x)
        scores = self.last(self.last_norm(x))[:, :outputs]
        return torch.log_softmax(scores.float(), dim=2)

    def folded(self) -> list[Affine]:
        """All affine maps in order (first, a and b of each block, last), norms folded."""
        shape = self.shape
        scale = self.scale.repeat(len(shape.first_offsets)).double()
        mean = self.mean.repeat(len(shape.first_offsets)).double()
        weight = self.first.weight.double() * scale
        maps = [_after(shape.first_offsets, weight, -weight @ mean, self.first_norm)]
        for block in self.blocks:
            assert isinstance(block, Block)
            none = torch.zeros(shape.inner, dtype=torch.double)
            maps.append(_after(block.offsets, block.a.weight.double(), none, block.norm))
            maps.append(_affine((0,), block.b.weight.double(), block.b.bias.double()))
        gain, shift = _gain_and_shift(self.last_norm)
        last = self.last.weight.double()
        maps.append(_affine((0,), last * gain, self.last.bias.double() + last @ shift))
        return maps


def _gain_and_shift(norm: Norm) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    return gain, norm.bias.double() - norm.running_mean.double() * gain


def _after(offsets: tuple[int, ...], weight: Tensor, bias: Tensor, norm: Norm) -> Affine:
    """An affine map with the norm that follows it."""
    gain, shift = _gain_and_shift(norm)
    return _affine(offsets, weight * gain[:, None], bias * gain + shift)


def _affine(offsets: tuple[int, ...], weight: Tensor, bias: Tensor) -> Affine:
    def plain(tensor: Tensor) -> Floats:
        return np.ascontiguousarray(tensor.detach().float().numpy())

    return Affine(offsets, plain(weight), plain(bias))
