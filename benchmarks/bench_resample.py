"""How fast is sample-rate conversion, beside python-soxr with equal pass and stop band?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import sounds
import soxr
from harness import Array, Row, check_equal, compare, main

from coremusic import AudioConverter, AudioFormat

QUESTION = __doc__
RECIPES = {"HQ": 96, "VHQ": 127}


def ours(sound: Array, old: int, new: int, recipe: str) -> Array:
    with AudioConverter(AudioFormat.float32(old, 2), AudioFormat.float32(new, 2)) as converter:
        converter.set_quality(RECIPES[recipe])
        return converter.convert_numpy(sound)


def theirs(sound: Array, old: int, new: int, recipe: str) -> Array:
    return soxr.resample(sound, old, new, quality=recipe)


def tone(hertz: float, rate: int) -> Array:
    one = np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate)
    return np.stack([one, one], axis=1).astype(np.float32)


def level_and_rest(sound: Array, hertz: float, rate: int) -> tuple[float, float]:
    """Of a tone in the middle of a sound, and the peak of all that is not the tone; in dB of full scale."""
    middle = sound[len(sound) // 4 : -len(sound) // 4, 0].astype(np.float64)
    phase = 2 * np.pi * hertz * np.arange(len(middle)) / rate
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    parts, *_ = np.linalg.lstsq(waves, middle, rcond=None)
    rest = np.abs(middle - waves @ parts).max()
    return 20 * np.log10(np.hypot(*parts) + 1e-12), 20 * np.log10(rest + 1e-12)


def bands(convert: Callable[..., Array], old: int, new: int, recipe: str) -> tuple[float, float]:
    """The level at 0.9 of the lower Nyquist frequency, and the loudest of what must not be there: images of tones in
    the pass band, and of tones behind the new Nyquist frequency everything. In dB."""
    nyquist = min(old, new) / 2
    level, rest = level_and_rest(convert(tone(0.9 * nyquist, old), old, new, recipe), 0.9 * nyquist, new)
    for place in (1.0005, 1.05, 1.5):
        if place * nyquist < old / 2:
            alias = convert(tone(place * nyquist, old), old, new, recipe)
            rest = max(rest, level_and_rest(alias, 0.9 * nyquist, new)[1])
    return level, rest


def check_bands(old: int, new: int, recipe: str) -> Row:
    mine, other = bands(ours, old, new, recipe), bands(theirs, old, new, recipe)
    what = f"{old} to {new}, {recipe}: at 0.9 of Nyquist; stop band"
    if abs(mine[0] - other[0]) > 0.001 or mine[1] > other[1] + 1:
        raise SystemExit(f"{what}: {mine} and {other} differ")
    show = "{0[0]:+.3f} dB; {0[1]:.0f} dB"
    return Row(what, show.format(mine), f"python-soxr, {show.format(other)}")


def rows() -> Iterator[Row]:
    sound = sounds.music(60)
    for old, new in ((44100, 48000), (48000, 44100), (96000, 44100)):
        for recipe in RECIPES:
            mine, peer = (partial(one, sound, old, new, recipe) for one in (ours, theirs))
            what = f"resample 60 s stereo, {old} to {new}, {recipe}"
            check_equal(what, mine(), peer(), 2e-6, 1)
            yield compare(what, mine, {"python-soxr": peer}, 0.95, seconds=2)
            yield check_bands(old, new, recipe)


if __name__ == "__main__":
    main(str(QUESTION), rows)
