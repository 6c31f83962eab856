"""How fast is sample-rate conversion, beside python-soxr with the same recipe (hence equal pass and stop band)?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sounds
import soxr
from harness import PROCESSOR, Array, Row, check_equal, compare, main

from coremusic import AudioConverter, AudioFormat

QUESTION = __doc__
RECIPES = {"HQ": 96, "VHQ": 127}


def ours(sound: Array, old: int, new: int, recipe: str) -> Array:
    with AudioConverter(AudioFormat.float32(old, 2), AudioFormat.float32(new, 2)) as converter:
        converter.set_quality(RECIPES[recipe])
        return converter.convert_numpy(sound)


def rows() -> Iterator[Row]:
    sound = sounds.music(60)
    for old, new in ((44100, 48000), (48000, 44100), (96000, 44100)):
        for recipe in RECIPES:
            theirs = partial(soxr.resample, sound, old, new, quality=recipe)
            mine = partial(ours, sound, old, new, recipe)
            what = f"resample 60 s stereo, {old} to {new}, {recipe}"
            check_equal(what, mine(), theirs(), 2e-6, 1)
            yield compare(what, mine, {"python-soxr": theirs}, 0.95, seconds=4, clock=PROCESSOR)


if __name__ == "__main__":
    main(str(QUESTION), rows)
