"""A clean synthetic utterance, as a caller on a telephone might have sounded.

All functions take and give float32 samples in int16 scale at 8 kHz, shape (n,).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from asr.modelkit import g711

Floats = npt.NDArray[np.float32]
_RATE = 8000


def resample(speech: Floats, factor: float) -> Floats:
    """Faster and higher (factor above 1), or slower and lower."""
    count = int(len(speech) / factor)
    moved = np.interp(np.arange(count) * factor, np.arange(len(speech)), speech)
    return np.asarray(moved, dtype=np.float32)


def room(speech: Floats, rng: np.random.Generator) -> Floats:
    """A short reverberation of decaying noise, 30 to 250 ms."""
    length = int(rng.uniform(0.03, 0.25) * _RATE)
    tail = rng.standard_normal(length) * np.exp(-6.0 * np.arange(length) / length)
    tail *= rng.uniform(0.05, 0.5) / (np.sqrt(np.sum(tail**2)) + 1e-9)
    tail[0] = 1.0
    size = 1 << (len(speech) + length).bit_length()
    echoed = np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(tail, size), size)
    return echoed[: len(speech)].astype(np.float32)


def colour(speech: Floats, rng: np.random.Generator) -> Floats:
    """A handset's frequency response: a tilt, some bumps, sometimes the telephone band's edges."""
    size = 1 << len(speech).bit_length()
    hertz = np.fft.rfftfreq(size, 1 / _RATE)
    decibel = rng.uniform(-8, 8) * (hertz / 4000 - 0.5)
    for _ in range(rng.integers(0, 4)):
        centre, width = rng.uniform(200, 3600), rng.uniform(100, 600)
        decibel += rng.uniform(-8, 6) * np.exp(-(((hertz - centre) / width) ** 2))
    if rng.random() < 0.5:
        low, high = rng.uniform(80, 300), rng.uniform(3100, 3700)
        decibel -= 24 * np.clip((low - hertz) / 150, 0, 1) + 24 * np.clip(
            (hertz - high) / 300, 0, 1
        )
    gain = 10 ** (decibel / 20)
    return np.fft.irfft(np.fft.rfft(speech, size) * gain, size)[: len(speech)].astype(np.float32)


def noise(count: int, rng: np.random.Generator, babble: list[Floats]) -> Floats:
    """Background of unit power: hiss, rumble, hum of the mains, one or more people talking."""
    kind = rng.integers(0, 5)
    if kind >= 3 and babble:
        sound = np.zeros(count, dtype=np.float32)
        for voice in babble if kind == 3 else babble[:1]:
            start = rng.integers(0, max(1, len(voice)))
            sound += np.resize(np.roll(voice, -start), count)
    else:
        spectrum = np.fft.rfft(rng.standard_normal(count))
        hertz = np.fft.rfftfreq(count, 1 / _RATE) + 20.0
        spectrum *= hertz ** (-rng.uniform(0.0, 1.2))
        sound = np.fft.irfft(spectrum, count).astype(np.float32)
        if kind == 2:
            phase = 2 * np.pi * 50 * np.arange(count) / _RATE
            hum = np.sin(phase) + 0.5 * np.sin(3 * phase)
            sound = sound / (np.std(sound) + 1e-6) + rng.uniform(0, 2) * hum.astype(np.float32)
    return (sound / (np.std(sound) + 1e-6)).astype(np.float32)


def lose_packets(speech: Floats, rng: np.random.Generator) -> Floats:
    """Drop 1 to 4 % of the 20 ms packets; the far end repeats the last or plays nothing."""
    out = speech.copy()
    packet = _RATE // 50
    for start in range(packet, len(out) - packet, packet):
        if rng.random() < 0.02:
            repeated = out[start - packet : start] * 0.7
            out[start : start + packet] = repeated if rng.random() < 0.5 else 0.0
    return out


def adaptive_codec(speech: Floats, rng: np.random.Generator) -> Floats:
    """Through G.722 as a narrowband leg has it; at its lower rates it does for G.726 and DECT."""
    rate = int(rng.choice((64000, 64000, 56000, 48000)))
    return through_g722(np.clip(speech, -32767, 32767).astype(np.int16), rate).astype(np.float32)


def through_g722(samples: npt.NDArray[np.int16], rate: int = 64000) -> npt.NDArray[np.int16]:
    """Code and decode by ITU-T G.722 at `rate` bits a second, the audio staying at 8 kHz."""
    from G722 import G722

    decoded = G722(_RATE, rate).decode(G722(_RATE, rate).encode(samples))
    return np.asarray(decoded, dtype=np.int16)


def line(speech: Floats, rng: np.random.Generator) -> Floats:
    """The telephone itself: overload, 16 bits, and one of the two laws of G.711, or neither."""
    if rng.random() < 0.05:
        speech = speech * rng.uniform(2, 6)
    samples = np.clip(speech, -32767, 32767).astype(np.int16)
    chosen = rng.random()
    if chosen < 0.65:
        samples = g711.through_a_law(samples)
    elif chosen < 0.85:
        samples = g711.through_mu_law(samples)
    return samples.astype(np.float32)


def telephone(speech: Floats, rng: np.random.Generator, babble: list[Floats]) -> Floats:
    """Everything at once, each with its own chance; silence is put before and after."""
    if rng.random() < 0.6:
        speech = resample(speech, rng.uniform(0.86, 1.16))
    if rng.random() < 0.35:
        speech = room(speech, rng)
    if rng.random() < 0.6:
        speech = colour(speech, rng)
    before, after = rng.integers(200, 4000), rng.integers(1200, 5000)
    speech = np.pad(speech, (before, after)) * 10 ** (rng.uniform(-22, 4) / 20)
    speech = speech.astype(np.float32)
    if rng.random() < 0.8:
        power = np.sqrt(np.mean(speech**2)) + 1e-3
        level = power * 10 ** (-rng.uniform(6, 38) / 20)
        speech = speech + noise(len(speech), rng, babble) * level
    if rng.random() < 0.15:
        speech = adaptive_codec(speech, rng)
    if rng.random() < 0.1:
        speech = lose_packets(speech, rng)
    return line(speech.astype(np.float32), rng)


def no_speech(rng: np.random.Generator) -> Floats:
    """One or two seconds in which nobody speaks: dead line or background of some loudness."""
    count = int(rng.uniform(1, 2) * _RATE)
    level = 0.0 if rng.random() < 0.2 else 10 ** rng.uniform(0.3, 3.2)
    return line(noise(count, rng, []) * np.float32(level), rng)
