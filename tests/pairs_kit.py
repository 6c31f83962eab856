"""What the tests share that ask the engine which formats it writes into which types."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

import coremusic
from coremusic import AudioFile, AudioFileError, AudioFormat
from coremusic.utils.fourcc import fourcc_to_int, fourcc_to_str

UNSUPPORTED = fourcc_to_int("fmt?")


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
