"""What comes back from a file is as long as what went in, whatever its packets hold."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exchange_kit import WRITTEN, Coding

from coremusic import AudioFile, AudioFormat

UNMEASURED = {"MPG2", "ac-3"}  # bare packets in a row: these types have no place for a length
MEASURED = [coding for coding in WRITTEN if coding.file_type not in UNMEASURED]


def tone(frames: int, rate: int) -> Any:
    return (0.4 * np.sin(2 * np.pi * 440 * np.arange(frames) / rate)).astype(np.float32)[:, None]


@pytest.mark.parametrize("coding", MEASURED, ids=str)
def test_every_frame_and_no_more(tmp_path: Path, coding: Coding) -> None:
    path = tmp_path / f"sound.{coding.extension}"
    for frames in (1, 63, 64, 65, 1000, 1025, 5003):
        with AudioFile(path, "w", format=coding.make(coding.rate, 1), file_type=coding.file_type) as file:
            file.write(tone(frames, coding.rate))
        with AudioFile(path) as file:
            assert (file.frame_count, len(file.read())) == (frames, frames)


@pytest.mark.parametrize("coding", [c for c in WRITTEN if c.file_type in UNMEASURED], ids=str)
def test_bare_packets_are_whole(tmp_path: Path, coding: Coding) -> None:
    """Nothing is lost; behind the sound the last packets go on."""
    path = tmp_path / f"sound.{coding.extension}"
    with AudioFile(path, "w", format=coding.make(coding.rate, 1), file_type=coding.file_type) as file:
        file.write(tone(5003, coding.rate))
    with AudioFile(path) as file:
        assert file.frame_count >= 5003 and file.frame_count % file.format.frames_per_packet == 0


# ---- IMA4 in AIFF-C, whose length is in an application chunk of ours


def ima4(path: Path, frames: int) -> bytearray:
    with AudioFile(path, "w", format=AudioFormat.ima4(44100, 2), file_type="AIFC") as file:
        file.write(np.repeat(tone(frames, 44100), 2, axis=1))
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
        assert file.chunk_ids == ["APPL"] and file.user_data("APPL") == b"stoc\x04beat"
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
