"""MP3 files that are not as their information frame says, beside FFmpeg's reading of the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from objects_kit import decode_with_ffmpeg, run

from coremusic import AudioFile, AudioFormat


@pytest.fixture
def lame(tmp_path: Path) -> bytes:
    """Two seconds by LAME, 128 kbit/s, with delay and padding in the information frame."""
    source, path = tmp_path / "in.wav", tmp_path / "out.mp3"
    with AudioFile(source, "w", format=AudioFormat.pcm(44100, 2, 16)) as file:
        file.write(0.3 * np.random.default_rng(1).standard_normal((2 * 44100, 2)).clip(-3, 3))
    run("lame", "--quiet", "-b", "128", "--noreplaygain", source, path)
    return path.read_bytes()


def information_frame(mp3: bytes) -> tuple[int, int]:
    at = mp3.index(b"Info") - 36
    assert mp3[at] == 0xFF
    return at, 417 + (mp3[at + 2] >> 1 & 1)


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    expected = decode_with_ffmpeg(path, 2)
    with AudioFile(path) as file:
        told = file.frame_count
        sound = file.read(dtype="float32")
    assert told == len(sound) == len(expected)
    assert np.abs(sound - expected).max() < 1e-6


def test_whole(lame: bytes, tmp_path: Path) -> None:
    check(tmp_path / "whole.mp3", lame)
    with AudioFile(tmp_path / "whole.mp3") as file:
        assert file.frame_count == 2 * 44100


@pytest.mark.parametrize("part", [0.3, 0.7])
def test_cut_off(lame: bytes, tmp_path: Path, part: float) -> None:
    """The audio begins where it began; how much there is, only counting tells."""
    at, size = information_frame(lame)
    frames = int((len(lame) - at) * part / (128000 / 8 * 1152 / 44100))
    end = at + size
    for _ in range(frames):
        end += 417 + (lame[end + 2] >> 1 & 1)
    check(tmp_path / "cut.mp3", lame[:end])


def test_first_frame_damaged(lame: bytes, tmp_path: Path) -> None:
    """The information frame counts although no frame follows where one should."""
    at, size = information_frame(lame)
    path = tmp_path / "damaged.mp3"
    path.write_bytes(lame[: at + size + 200] + lame[at + size + 240 :])
    with AudioFile(path) as file, AudioFile(tmp_path / "out.mp3") as whole:
        table = file.packet_table
        assert table is not None and whole.packet_table is not None
        assert table[1] == whole.packet_table[1] == 576 + 529
