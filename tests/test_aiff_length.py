"""The length of IMA4 in AIFF-C, which is in an application chunk of ours."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coremusic import AudioFile, AudioFormat


def tone(frames: int) -> Any:
    return (0.4 * np.sin(2 * np.pi * 440 * np.arange(frames) / 44100)).astype(np.float32)[:, None]


def ima4(path: Path, frames: int) -> bytearray:
    with AudioFile(path, "w", format=AudioFormat.ima4(44100, 2), file_type="AIFC") as file:
        file.write(np.repeat(tone(frames), 2, axis=1))
    return bytearray(path.read_bytes())


def told(data: bytearray) -> int:
    """Where our chunk's contents begin."""
    at = data.index(b"APPL") + 4
    assert struct.unpack_from(">I4s", data, at) == (16, b"cmLn")
    return at + 4


def test_whole_packets_need_no_chunk(tmp_path: Path) -> None:
    assert b"APPL" not in ima4(tmp_path / "whole.aifc", 640)


@pytest.mark.parametrize(
    "lie", [(0, 0), (2**63 - 1, 0), (-1, 0), (1025, 0), (1000, 25), (1000, -1), (-(2**63), 2**31 - 1)]
)
def test_lengths_that_cannot_be_are_passed_over(tmp_path: Path, lie: tuple[int, int]) -> None:
    data = ima4(tmp_path / "a.aifc", 1000)
    struct.pack_into(">qi", data, told(data) + 4, *lie)
    with AudioFile(bytes(data)) as file:
        assert len(file.read()) == 1024


def test_a_length_that_is_shorter_than_the_last_packet(tmp_path: Path) -> None:
    """Whoever cut the sound told the truth."""
    data = ima4(tmp_path / "a.aifc", 1000)
    struct.pack_into(">qi", data, told(data) + 4, 500, 100)
    with AudioFile(bytes(data)) as file:
        assert file.packet_table == (500, 100, 424) and len(file.read()) == 500


def test_others_application_chunks_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.aifc"
    ima4(path, 1000)
    with AudioFile(path, "r+") as file:
        file.set_user_data("APPL", b"stoc\x04beat")
    with AudioFile(path) as file:
        assert file.frame_count == 1000
        assert file.chunk_ids == ["FVER", "COMM", "APPL"] and file.user_data("APPL") == b"stoc\x04beat"
    with AudioFile(path, "r+") as file:
        file.metadata = {"title": "T"}
    with AudioFile(path) as file:
        assert (file.frame_count, file.metadata["title"]) == (1000, "T")
        assert file.user_data("APPL") == b"stoc\x04beat"


def test_the_length_grows_with_what_is_appended(tmp_path: Path) -> None:
    """Packets behind the last: what was filler before them is heard now."""
    path = tmp_path / "a.aifc"
    ima4(path, 1000)
    with AudioFile(path) as file:
        packets, _ = file.read_packets(0, 3)
    with AudioFile(path, "r+") as file:
        file.write_packets(packets, start=16)
    with AudioFile(path) as file:
        assert (file.packet_count, len(file.read())) == (19, 19 * 64)
