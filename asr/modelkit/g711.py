"""What A-law and µ-law leave of a sound: encode and decode at once, by table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


_VALUES = np.arange(-32768, 32768)


def _table(magnitude: npt.NDArray[np.int_], dropped: int, bias: int, least_shift: int) -> Samples:
    """The value that comes back for each of the 65536 int16 values, indexed from -32768.

    Both laws keep a sign and a magnitude with four bits after its leading one, and give back the
    middle of the step. A-law's lowest segment keeps an even step, hence `least_shift`.
    """
    biased = magnitude + bias
    leading = np.floor(np.log2(np.maximum(biased, 1))).astype(int)
    shift = np.maximum(leading - 4, least_shift)
    kept = ((biased >> shift) << shift) + (1 << shift >> 1) - bias
    values: Samples = (np.where(_VALUES < 0, -1, 1) * (kept << dropped)).astype(np.int16)
    return values


# The standard's own treatment of negative values, which differs between the two laws by one step.
_A_MAGNITUDE = np.where(_VALUES < 0, -(_VALUES >> 3) - 1, _VALUES >> 3)
_MU_MAGNITUDE = np.minimum(np.where(_VALUES < 0, -(_VALUES >> 2), _VALUES >> 2), 8158)
_A_LAW = _table(_A_MAGNITUDE, dropped=3, bias=0, least_shift=1)
_MU_LAW = _table(_MU_MAGNITUDE, dropped=2, bias=33, least_shift=1)


def through_a_law(samples: Samples) -> Samples:
    """The samples as the far end of an A-law line hears them."""
    return _A_LAW[samples.astype(np.int32) + 32768]


def through_mu_law(samples: Samples) -> Samples:
    """The samples as the far end of a µ-law line hears them."""
    return _MU_LAW[samples.astype(np.int32) + 32768]
