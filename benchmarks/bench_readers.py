"""How fast does a WAV file become a float32 array?"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import peers
import sounds
from harness import Array, Memcpy, Row, best_times, check_equal, main, row_of

from coremusic import AudioFile
from coremusic.audio.mmap_file import MMapAudioFile

QUESTION = __doc__


def ours(path: Path) -> Array:
    with AudioFile(path) as file:
        return file.read()


def bare(path: Path) -> Array:
    """The bytes of a file brought into a new array of float32 by two threads, with nothing but pread: the limit."""
    size = path.stat().st_size // 8 * 8
    array = np.empty((size // 8, 2), np.float32)
    place = memoryview(array).cast("B")
    file = os.open(path, os.O_RDONLY)

    def share(first: int, end: int) -> None:
        while first < end:
            first += os.preadv(file, [place[first:end]], first)

    middle = size // 2 >> 21 << 21  # the threads meet between two huge pages
    other = threading.Thread(target=share, args=(middle, size))
    other.start()
    share(0, middle)
    other.join()
    os.close(file)
    return array


def against_others(kind: str, seconds: int) -> Iterator[Row]:
    path = sounds.wav(kind, seconds)
    data = ours(path)
    readers = peers.readers(".wav")
    for name, read in readers.items():
        check_equal(f"{name} reading {path.name}", data, read(path), 4e-5)  # some take 32767 for 1
    del data
    calls = [partial(ours, path), partial(bare, path), *(partial(read, path) for read in readers.values())]
    mine, limit, *times = best_times(calls, 4 if seconds == 60 else 12)
    others = dict(zip(readers, times, strict=True))
    soundfile = {name: others.pop(name) for name in list(others) if name == "soundfile"}
    what = f"read WAV {kind}, " + ("60 s" if seconds == 60 else f"{seconds // 60} min")
    row = row_of(f"{what}: soundfile", mine, soundfile, 2)
    # Where samples need no conversion, every reader is the kernel's copy into memory that it clears first.
    if kind == "float" and seconds == 60:
        row.note = (
            f", two bare threads reach {soundfile['soundfile'].wall / limit.wall:.2f}" if soundfile else ""
        )
    yield row
    yield row_of(f"{what}: others", mine, others, 1)


def against_memcpy(kind: str) -> Row:
    """Into an array that is there already: what the reading itself costs."""
    path = sounds.wav(kind, 60)
    with AudioFile(path) as file:
        place = file.read()
        memcpy = Memcpy(place.nbytes)
        taken, copied = best_times([lambda: file.read(start=0, out=place), memcpy], 2)
    speed, limit = (path.stat().st_size + place.nbytes) / taken.wall, memcpy.moved / copied.wall
    mine, theirs = f"{taken}, {speed / 1e9:.1f} GB/s", f"memcpy, {copied}, {limit / 1e9:.1f} GB/s"
    return Row(f"read WAV {kind}, 60 s, into an array", mine, theirs, speed / limit)


def mapped(path: Path) -> Array:
    with MMapAudioFile(path) as file:
        return file.read_as_numpy()


def views(seconds: int) -> Iterator[Row]:
    """Floats need no conversion, so an array may be the file itself: nothing is copied. What the pages cost then is
    paid when they are first touched, so a pass over all samples is timed too."""
    path = sounds.wav("float", seconds)
    what = f"map WAV float, {f'{seconds} s' if seconds == 60 else f'{seconds // 60} min'}"
    theirs = peers.with_soundfile
    check_equal(what, mapped(path), theirs(path), 0)
    calls = [
        lambda: mapped(path),
        lambda: theirs(path),
        lambda: mapped(path).sum(),
        lambda: theirs(path).sum(),
    ]
    view, copy, view_used, copy_used = best_times(calls, 4)
    yield row_of(f"{what}: soundfile", view, {"soundfile": copy}, 2)
    yield row_of(f"{what}, and sum it: soundfile", view_used, {"soundfile, and sum": copy_used}, 2)


def rows() -> Iterator[Row]:
    for kind in sounds.WAV:
        yield from against_others(kind, 60)
        yield against_memcpy(kind)
    for kind in sounds.WAV:
        yield from against_others(kind, 1800)
    for seconds in (60, 1800):
        yield from views(seconds)


if __name__ == "__main__":
    main(str(QUESTION), rows)
