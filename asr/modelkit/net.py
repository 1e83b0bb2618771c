"""The acoustic network: 40 filter-bank values at 100 a second in, unit scores at 33 a second out.

A factored time-delay network. The first layer sees nine frames side by side at every third frame.
Each block then maps its input and its own past to a narrow vector, and that with its future back
to the full width, adds what came in, and rectifies. At the end stand log-probabilities of silence
and units, trained with CTC, so "silence" is also what the network says between units. Once the
norms are folded in, there is nothing but affine maps, sums and ReLUs: what the file format has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Floats = npt.NDArray[np.float32]

SUBSAMPLING = 3
# How far each block looks back and forward, in input frames of 10 ms. Less to the future than to
# the past: a caller waits for the future.
_REACH = ((3, 3), (3, 3), (3, 3), (6, 3), (6, 3), (6, 3), (6, 3), (6, 0), (6, 0), (6, 0))


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. Offsets are in input frames of 10 ms."""

    inputs: int = 40
    outputs: int = 60
    width: int = 384
    narrow: int = 128
    front: tuple[int, ...] = (-4, -3, -2, -1, 0, 1, 2, 3, 4)
    reach: tuple[tuple[int, int], ...] = _REACH

    @property
    def left(self) -> int:
        """Frames of the past that one output sees."""
        return -self.front[0] + sum(back for back, _ in self.reach)

    @property
    def right(self) -> int:
        """Frames of the future that one output waits for."""
        return self.front[-1] + sum(ahead for _, ahead in self.reach)


@dataclass(frozen=True)
class Affine:
    """`weight @ splice(x, offsets) + bias`; weight has shape (out, in * len(offsets)).

    With `bypass`, the output of the last ReLU is added; with `relu`, a ReLU follows.
    """

    offsets: tuple[int, ...]
    weight: Floats
    bias: Floats
    relu: bool = True
    bypass: bool = False


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


def offsets_of(back: int, ahead: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What a block's two maps see of their inputs."""
    return ((-back, 0) if back else (0,), (0, ahead) if ahead else (0,))


class Block(nn.Module):
    """Narrow, widen, add what came in, rectify: (batch, time, width) to the same, less time."""

    def __init__(self, shape: Shape, back: int, ahead: int) -> None:
        super().__init__()
        self.back, self.ahead = back, ahead
        self.past, self.future = offsets_of(back, ahead)
        self.narrow = nn.Linear(shape.width * len(self.past), shape.narrow, bias=False)
        self.widen = nn.Linear(shape.narrow * len(self.future), shape.width)
        self.norm = Norm(shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """Frames whose past or future is not there fall away."""
        back, ahead = self.back // SUBSAMPLING, self.ahead // SUBSAMPLING
        past = tuple(o // SUBSAMPLING for o in self.past)
        future = tuple(o // SUBSAMPLING for o in self.future)
        inner = self.narrow(splice(x, past))
        change = self.norm(self.widen(splice(inner, future)))
        return torch.relu(change + x[:, back : x.shape[1] - ahead])


class Net(nn.Module):
    """The whole network; `mean` and `scale` of the input belong to it."""

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.inputs))
        self.register_buffer("scale", torch.ones(shape.inputs))
        self.front = nn.Linear(shape.inputs * len(shape.front), shape.width)
        self.front_norm = Norm(shape.width)
        self.blocks = nn.ModuleList(Block(shape, *reach) for reach in shape.reach)
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
        x = torch.relu(self.front_norm(self.front(splice(x, self.shape.front, SUBSAMPLING))))
        for block in self.blocks:
            x = block(x)
        return torch.log_softmax(self.last(x[:, :outputs]).float(), dim=2)

    def folded(self) -> list[Affine]:
        """All maps in order, with the input's scale and the norms folded in."""
        gain = self.scale.double().repeat(len(self.shape.front))
        shift = self.mean.double().repeat(len(self.shape.front)) * gain
        weight = self.front.weight.double()
        bias = self.front.bias.double() - weight @ shift
        maps = [_normed(self.shape.front, weight * gain, bias, self.front_norm)]
        for block in self.blocks:
            assert isinstance(block, Block)
            nothing = np.zeros(self.shape.narrow, dtype=np.float32)
            maps.append(Affine(block.past, _plain(block.narrow.weight), nothing, relu=False))
            weight, bias = block.widen.weight.double(), block.widen.bias.double()
            maps.append(_normed(block.future, weight, bias, block.norm, bypass=True))
        maps.append(Affine((0,), _plain(self.last.weight), _plain(self.last.bias), relu=False))
        return maps


def _normed(
    offsets: tuple[int, ...], weight: Tensor, bias: Tensor, norm: Norm, bypass: bool = False
) -> Affine:
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = (bias - norm.running_mean.double()) * gain + norm.bias.double()
    return Affine(offsets, _plain(weight * gain[:, None]), _plain(bias), bypass=bypass)


def _plain(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().numpy())
