"""What does it cost to open a small file and read its header, and to take five seconds from the middle of a minute?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import soundfile
import sounds
from harness import Array, Row, check_equal, compare, main

from coremusic import AudioFile

QUESTION = __doc__
START, FRAMES = 27 * sounds.RATE, 5 * sounds.RATE


def our_header(path: Path) -> tuple[float, int, int]:
    with AudioFile(path) as file:
        format = file.format
        return format.sample_rate, format.channels_per_frame, file.frame_count


def their_header(path: Path) -> tuple[float, int, int]:
    with soundfile.SoundFile(path) as file:
        return file.samplerate, file.channels, file.frames


def our_slice(path: Path) -> Array:
    with AudioFile(path) as file:
        return file.read(FRAMES, start=START)


def their_slice(path: Path) -> Array:
    data: Array = soundfile.read(path, FRAMES, START, dtype="float32")[0]
    return data


def header_row(path: Path) -> Row:
    if our_header(path) != their_header(path):
        raise SystemExit(f"{path.name}: headers differ")
    calls: dict[str, Callable[[], Any]] = {"soundfile": partial(their_header, path)}
    return compare(f"open, header: {path.name}", partial(our_header, path), calls, 1, seconds=2, repeat=50)


def slice_row(path: Path) -> Row:
    tolerance = 1e-6 if path.suffix in (".wav", ".flac") else 2e-3
    check_equal(f"slice of {path.name}", our_slice(path), their_slice(path), tolerance)
    what = f"5 s from the middle: {path.name}"
    return compare(what, partial(our_slice, path), {"soundfile": partial(their_slice, path)}, 1, seconds=2)


def small_files() -> Iterator[Path]:
    for suffix in ("wav", "aiff", "flac", "ogg"):
        path = sounds.folder() / f"small.{suffix}"
        soundfile.write(path, sounds.music(60)[: sounds.RATE // 10], sounds.RATE)
        yield path


def rows() -> Iterator[Row]:
    for path in small_files():
        yield header_row(path)
    for kind in sounds.WAV:
        yield slice_row(sounds.wav(kind, 60))
    for kind in ("flac", "mp3", "ogg"):
        path = sounds.encoded(kind)
        if path:
            yield slice_row(path)


if __name__ == "__main__":
    main(str(QUESTION), rows)
