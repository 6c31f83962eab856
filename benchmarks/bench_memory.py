"""How much memory does it take to read slices of a file of 4 GiB?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import sounds
from harness import Row, main

QUESTION = __doc__
SIZE = (4 << 30) + (1 << 20)

# A process of its own, so that nothing else counts: 300 slices of 5 s all over the file.
READER = """
import sys
from coremusic import AudioFile
with AudioFile(sys.argv[1]) as file:
    frames, size = file.frame_count, 5 * 44100
    for i in range(300):
        start = i * 7919 * 1009 % (frames - size)
        data = file.read_frames(start, size)
        assert len(data) == size * 4
    assert frames * 4 > 4 << 30
for line in open("/proc/self/status"):
    if line.startswith(("VmHWM", "RssFile")):
        print(line.split()[1])
"""


def large_file() -> Path:
    """RF64 (EBU Tech 3306) with a sparse data chunk, so that it takes no room on the disk."""
    header = b"RF64" + b"\xff" * 4 + b"WAVE"
    header += b"ds64" + (28).to_bytes(4, "little")
    header += (
        (SIZE + 72).to_bytes(8, "little")
        + SIZE.to_bytes(8, "little")
        + (SIZE // 4).to_bytes(8, "little")
        + bytes(4)
    )
    fields = ((1, 2), (2, 2), (44100, 4), (44100 * 4, 4), (4, 2), (16, 2))
    header += (
        b"fmt " + (16).to_bytes(4, "little") + b"".join(value.to_bytes(n, "little") for value, n in fields)
    )
    header += b"data" + b"\xff" * 4
    path: Path = sounds.folder() / "large.wav"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + SIZE)
    return path


def rows() -> Iterator[Row]:
    path = large_file()
    process = subprocess.run([sys.executable, "-c", READER, path], capture_output=True, text=True, check=True)
    peak = int(process.stdout.split()[0]) / 1024
    what = "300 slices of 5 s of a 4 GiB file: peak resident set, MB"
    yield Row(what, f"{peak:.1f} MB", "the limit", peak, 50, at_most=True)


if __name__ == "__main__":
    main(str(QUESTION), rows)
