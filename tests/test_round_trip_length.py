"""A file of any type and format that can be written comes back with exactly the frames that went in."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from exchange_kit import WRITTEN
from pairs_kit import Pair, ask, is_refused, numbers, pairs_of

from coremusic import AudioFile
from coremusic.utils.fourcc import fourcc_to_str

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="asks libcoremusic what it writes")

LENGTHS = (1, 63, 64, 65, 1000, 44101)

# Formats whose last packet is not full, in files that have no place to say so: sync frames and nothing else, or a
# header without a delay. They come back with whole packets.
WHOLE_PACKETS = {("ac-3", "ac-3"), ("loas", "aac ")} | {(t, ".mp2") for t in ("WAVE", "RF64", "BW64", "W64f")}


def length_of(pair: Pair, path: Path, frames: int, channels: int) -> tuple[int, int]:
    """What is told of, and what can be read."""
    sound = 0.1 * np.random.default_rng(frames).standard_normal((frames, channels))
    pair.format.channels_per_frame = channels
    with AudioFile(path, "w", format=pair.format, file_type=pair.file_type) as file:
        file.write(sound)
    with AudioFile(path) as file:
        return file.frame_count, len(file.read())


@pytest.mark.parametrize(
    "file_type", numbers(ask("afwf")) if sys.platform != "darwin" else [], ids=fourcc_to_str
)
def test_lengths(file_type: int, tmp_path: Path) -> None:
    exact, whole = [(n, n) for n in LENGTHS], set()
    written = set()
    for pair in pairs_of(file_type):
        path = tmp_path / f"a.{pair.extension}"
        if is_refused(pair, path):
            continue
        written.add(pair.format.format_id)
        for channels in (1, 2):
            got = [length_of(pair, path, frames, channels) for frames in LENGTHS]
            if got != exact:
                whole.add((pair.file_type, pair.format.format_id))
                assert all(
                    told == read >= frames for (told, read), frames in zip(got, LENGTHS, strict=True)
                ), pair
    name = fourcc_to_str(file_type)
    assert whole == {pair for pair in WHOLE_PACKETS if pair[0] == name}
    assert written >= {coding.make(44100, 1).format_id for coding in WRITTEN if coding.file_type == name}
