"""A file of any type and format that can be written comes back with exactly the frames that went in."""

from __future__ import annotations

import ctypes
import struct
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from exchange_kit import WRITTEN

import coremusic
from coremusic import AudioFile, AudioFileError, AudioFormat
from coremusic.utils.fourcc import fourcc_to_int, fourcc_to_str

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="asks libcoremusic what it writes")

LENGTHS = (1, 63, 64, 65, 1000, 44101)
UNSUPPORTED = fourcc_to_int("fmt?")

# Formats whose last packet is not full, in files that have no place to say so: sync frames and nothing else, or a
# header without a delay. They come back with whole packets.
WHOLE_PACKETS = {("ac-3", "ac-3"), ("loas", "aac ")} | {(t, ".mp2") for t in ("WAVE", "RF64", "BW64", "W64f")}


class Pair(NamedTuple):
    file_type: str
    format: AudioFormat
    extension: str


def ask(name: str, specifier: bytes = b"") -> bytes:
    """kAudioFileGlobalInfo_..., as numbers."""
    library = ctypes.CDLL(coremusic.get_library())
    size = ctypes.c_uint32()
    about = (fourcc_to_int(name), len(specifier), specifier, ctypes.byref(size))
    assert library.AudioFileGetGlobalInfoSize(*about) == 0
    answer = ctypes.create_string_buffer(size.value)
    assert library.AudioFileGetGlobalInfo(*about, answer) == 0
    return answer.raw[: size.value]


def numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"={len(data) // 4}I", data)


EXTENSIONS = {"MPG1": "mp1", "MPG2": "mp2", "MPG3": "mp3", "ac-3": "ac3", "loas": "loas", "adts": "aac"}


def pairs_of(file_type: int) -> list[Pair]:
    found = []
    name = fourcc_to_str(file_type)
    for format_id in numbers(ask("fmid", struct.pack("=I", file_type))):
        for described in struct.iter_unpack("=d8I", ask("sdid", struct.pack("=2I", file_type, format_id))):
            rate = 48000.0 if format_id == fourcc_to_int("opus") else 44100.0
            form = AudioFormat(
                rate, fourcc_to_str(format_id), format_flags=described[2], channels_per_frame=1
            )
            form.bits_per_channel = described[7]
            found.append(Pair(name, form, EXTENSIONS.get(name, "bin")))
    return found


def is_refused(pair: Pair, path: Path) -> bool:
    """Whether the type is told of for reading alone, or the format has no encoder."""
    try:
        with AudioFile(path, "w", format=pair.format, file_type=pair.file_type) as file:
            file.write(np.zeros((4096, 1)))
    except AudioFileError as error:
        assert error.status_code == UNSUPPORTED, error
        return True
    return False


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
