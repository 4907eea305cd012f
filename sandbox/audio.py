"""Recordings: tones with the rhythm of speech, the same for the same call."""

import io
import math
import wave
from array import array
from functools import lru_cache
from random import Random

RATE = 8_000
LONGEST_S = 20
TABLE_SIZE = 256
VOICES = {"agent": 196.0, "caller": 128.0}  # Hz
# One cycle of a vowel-like sound: a strong first harmonic and a bump where a formant would be.
_CYCLE = [
    sum(
        level * math.sin(2 * math.pi * harmonic * step / TABLE_SIZE)
        for harmonic, level in ((1, 0.5), (2, 0.25), (4, 0.2), (5, 0.1))
    )
    for step in range(TABLE_SIZE)
]


@lru_cache(maxsize=32)
def recording(seed: str, seconds: float, turns: tuple[tuple[str, float, float], ...]) -> bytes:
    """Return a WAV file: 8 kHz, mono, 16 bit, as long as ``seconds`` but at most 20.

    ``turns`` are (speaker, start, end) in seconds; outside them there is silence.
    """
    rng = Random(seed)
    samples = array("h", bytes(2 * int(RATE * min(seconds, LONGEST_S))))
    for speaker, start, end in turns:
        at = int(start * RATE)
        while at < min(int(end * RATE), len(samples)):
            length = int(rng.uniform(0.1, 0.22) * RATE)
            _syllable(samples, at, length, VOICES.get(speaker, 150.0) * rng.uniform(0.9, 1.15))
            at += length + int(rng.choice((0.02, 0.04, 0.12)) * RATE)
    return _wav(samples)


def _syllable(samples: "array[int]", at: int, length: int, hertz: float) -> None:
    step, swell = hertz * TABLE_SIZE / RATE, math.pi / length
    for offset in range(min(length, len(samples) - at)):
        tone = _CYCLE[int(offset * step) % TABLE_SIZE]
        samples[at + offset] = int(9_000 * tone * math.sin(offset * swell))


def _wav(samples: "array[int]") -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(samples.tobytes())
    return file.getvalue()
