"""The acoustic network: 40 filter-bank values at 100 a second in, unit scores at 33 a second out.

A time-delay network: each layer looks at three frames of the layer below. The third layer keeps
every third frame. At the end stand log-probabilities of silence and units, trained with CTC, so
"silence" is also what the network says between units. Once the norms are folded in, every layer
is an affine map and a ReLU, which is all that the file format needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Floats = npt.NDArray[np.float32]

SUBSAMPLING = 3
_NEAR, _FAR = (-1, 0, 1), (-3, 0, 3)


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. Offsets are in input frames of 10 ms, a tuple for each layer."""

    inputs: int = 40
    outputs: int = 60
    width: int = 256
    offsets: tuple[tuple[int, ...], ...] = (_NEAR, _NEAR, _NEAR, *[_FAR] * 5, (0,))
    subsampled: int = 2

    @property
    def left(self) -> int:
        """Frames of the past that one output sees; a multiple of three."""
        return -sum(o[0] for o in self.offsets)

    @property
    def right(self) -> int:
        """Frames of the future that one output waits for."""
        return sum(o[-1] for o in self.offsets)


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


class Net(nn.Module):
    """The whole network; `mean` and `scale` of the input belong to it.

    Without norms it is the same function as a network with norms whose norms were folded in.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: Shape, norms: bool = True) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(shape.inputs))
        self.register_buffer("scale", torch.ones(shape.inputs))
        dims = [shape.inputs, *[shape.width] * (len(shape.offsets) - 1), shape.outputs]
        self.layers = nn.ModuleList(
            nn.Linear(below * len(offsets), above)
            for below, above, offsets in zip(dims, dims[1:], shape.offsets, strict=False)
        )
        self.norms = nn.ModuleList(
            Norm(shape.width) if norms else nn.Identity() for _ in shape.offsets[:-1]
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, 40) to log-probabilities (batch, ceil(time / 3), outputs).

        The edges are filled with copies of the first and last frame, as the decoder does.
        """
        outputs = (x.shape[1] + SUBSAMPLING - 1) // SUBSAMPLING
        x = (x - self.mean) * self.scale
        head = x[:, :1].expand(-1, self.shape.left, -1)
        tail = x[:, -1:].expand(-1, self.shape.right + SUBSAMPLING, -1)
        x = torch.cat([head, x, tail], dim=1)
        for number, offsets in enumerate(self.shape.offsets):
            # The left context is a multiple of three, so the frames kept are those of the outputs.
            here = number == self.shape.subsampled
            if number > self.shape.subsampled:
                offsets = tuple(o // SUBSAMPLING for o in offsets)
            x = self.layers[number](splice(x, offsets, SUBSAMPLING if here else 1))
            if number < len(self.norms):
                x = self.norms[number](torch.relu(x))
        return torch.log_softmax(x[:, :outputs].float(), dim=2)

    def folded(self) -> list[Affine]:
        """All layers in order, with the input's scale and the norms folded in."""
        gain = self.scale.double()
        shift = -self.mean.double() * gain
        maps = []
        for number, offsets in enumerate(self.shape.offsets):
            layer = self.layers[number]
            assert isinstance(layer, nn.Linear)
            weight, bias = layer.weight.double(), layer.bias.double()
            bias = bias + weight @ shift.repeat(len(offsets))
            weight = weight * gain.repeat(len(offsets))
            maps.append(Affine(offsets, _plain(weight), _plain(bias)))
            gain, shift = torch.ones(len(bias)).double(), torch.zeros(len(bias)).double()
            if number < len(self.norms) and isinstance(norm := self.norms[number], Norm):
                gain, shift = _gain_and_shift(norm)
        return maps

    def without_norms(self) -> Net:
        """The same function as a network that has no norms: what fine-tuning starts from."""
        net = Net(self.shape, norms=False)
        for layer, affine in zip(net.layers, self.folded(), strict=True):
            assert isinstance(layer, nn.Linear)
            layer.weight.data.copy_(torch.from_numpy(affine.weight))
            layer.bias.data.copy_(torch.from_numpy(affine.bias))
        return net


def _gain_and_shift(norm: Norm) -> tuple[Tensor, Tensor]:
    assert norm.running_mean is not None and norm.running_var is not None
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    return gain, norm.bias.double() - norm.running_mean.double() * gain


def _plain(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().float().numpy())
