"""How fast does a WAV file become a float32 array?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import peers
import sounds
from harness import Array, Row, best_times, check_equal, compare, main, memcpy_speed, text_of

from coremusic import AudioFile

QUESTION = __doc__


def ours(path: Path) -> Array:
    with AudioFile(path) as file:
        return file.read()


def against_others(kind: str, seconds: int) -> Iterator[Row]:
    path = sounds.wav(kind, seconds)
    data = ours(path)
    others = peers.readers(".wav")
    for name, read in others.items():
        check_equal(f"{name} reading {path.name}", data, read(path), 4e-5)  # some take 32767 for 1
    del data
    length = "60 s" if seconds == 60 else f"{seconds // 60} min"
    budget = 3 if seconds == 60 else 12
    calls = {name: partial(read, path) for name, read in others.items()}
    soundfile = {name: calls.pop(name) for name in list(calls) if name == "soundfile"}
    yield compare(f"read WAV {kind}, {length}: soundfile", partial(ours, path), soundfile, 2, seconds=budget)
    yield compare(f"read WAV {kind}, {length}: others", partial(ours, path), calls, 1, seconds=budget)


def against_memcpy(kind: str) -> Row:
    """Into an array that is there already: what the reading itself costs."""
    path = sounds.wav(kind, 60)
    with AudioFile(path) as file:
        place = file.read()
        taken = best_times([lambda: file.read(start=0, out=place)], 2)[0]
    speed = (path.stat().st_size + place.nbytes) / taken
    memcpy = memcpy_speed(place.nbytes)
    what = f"read WAV {kind}, 60 s, into an array"
    return Row(
        what, f"{text_of(taken)}, {speed / 1e9:.1f} GB/s", f"memcpy, {memcpy / 1e9:.1f} GB/s", speed / memcpy
    )


def rows() -> Iterator[Row]:
    for kind in sounds.WAV:
        yield from against_others(kind, 60)
        yield against_memcpy(kind)
    for kind in sounds.WAV:
        yield from against_others(kind, 1800)


if __name__ == "__main__":
    main(str(QUESTION), rows)
