"""How fast does a compressed file become a float32 array, and do two threads decode two files at once?

Processor time of all threads, but for the rows of two threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import peers
import sounds
from bench_readers import ours
from harness import PROCESSOR, Row, best_times, check_equal, compare, main

QUESTION = __doc__


def check(path: Path) -> None:
    """Decoders of lossy formats round differently; some keep the priming that others cut off. Some take 32767 for 1."""
    data, lossless = ours(path), path.name.endswith(("flac", "alac.m4a"))
    for name, read in peers.readers(path.suffix).items():
        theirs = read(path)
        if lossless or len(theirs) == len(data):
            check_equal(f"{name} decoding {path.name}", data, theirs, 4e-5 if lossless else 2e-3)
        elif abs(len(theirs) - len(data)) > 4000:
            raise SystemExit(f"{name} decoding {path.name}: {len(theirs)} frames, not {len(data)}")


def decoder_row(kind: str) -> Row:
    path = sounds.encoded(kind)
    what = f"decode {kind}, 60 s"
    if not path:
        return Row(what, "", "FFmpeg's tool cannot encode it", None, 1)
    check(path)
    calls = {name: partial(read, path) for name, read in peers.readers(path.suffix).items()}
    return compare(what, partial(ours, path), calls, 1, seconds=3, clock=PROCESSOR)


def thread_row(kind: str) -> Row:
    path = sounds.encoded(kind)
    what = f"two {kind} files, two threads"
    if not path:
        return Row(what, "", "FFmpeg's tool cannot encode it", None, 1.8)
    with ThreadPoolExecutor(2) as pool:
        both, one = best_times(
            [lambda: list(pool.map(ours, [path, path])), lambda: [ours(path), ours(path)]], 5
        )
    return Row(what, str(both), f"one thread, {one}", one.wall / both.wall, 1.8)


def rows() -> Iterator[Row]:
    for kind in sounds.ENCODED:
        yield decoder_row(kind)
    for kind in ("flac", "mp3", "aac.m4a"):
        yield thread_row(kind)


if __name__ == "__main__":
    main(str(QUESTION), rows)
