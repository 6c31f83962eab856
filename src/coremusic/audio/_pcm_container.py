"""Where the samples of a WAVE, AIFF or AIFF-C file lie, for coremusic.audio.mmap_file.

Sizes in a file are not believed: what reaches beyond the end of the file is cut off there.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from coremusic.buffer_utils import AudioStreamBasicDescription

_FLOAT, _BIG_ENDIAN, _SIGNED, _PACKED, _ALIGNED_HIGH = 1, 2, 4, 8, 16

_WAVE_PCM, _WAVE_FLOAT, _WAVE_EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN_SIZE = 0xFFFFFFFF
# Bytes 2 to 15 of the sub-format GUIDs whose first two bytes are a wave format tag (RFC 2361, appendix A).
_TAG_GUID = bytes.fromhex("000000001000800000aa00389b71")


@dataclass(frozen=True)
class Coding:
    """How samples are coded: what an AIFF-C compression type says; bits 0 means those of the COMM chunk."""

    floating: bool = False
    signed: bool = True
    big_endian: bool = True
    bits: int = 0


_AIFC_CODINGS = {
    b"NONE": Coding(),
    b"twos": Coding(),
    b"sowt": Coding(big_endian=False),
    b"raw ": Coding(signed=False, bits=8),
    b"in24": Coding(bits=24),
    b"42ni": Coding(big_endian=False, bits=24),
    b"42n1": Coding(big_endian=False, bits=24),  # libsndfile's spelling
    b"in32": Coding(bits=32),
    b"23ni": Coding(big_endian=False, bits=32),
    b"fl32": Coding(floating=True, bits=32),
    b"FL32": Coding(floating=True, bits=32),
    b"fl64": Coding(floating=True, bits=64),
    b"FL64": Coding(floating=True, bits=64),
}


@dataclass(frozen=True)
class PCMContainer:
    """The samples of a file: their format, the byte where they start, and the number of whole frames."""

    format: AudioStreamBasicDescription
    offset: int
    frames: int


def _format(rate: float, channels: int, size: int, bits: int, coding: Coding) -> AudioStreamBasicDescription:
    """The format of interleaved samples of size bytes, whose upper bits carry the value."""
    if not (math.isfinite(rate) and rate > 0) or channels < 1:
        raise ValueError(f"damaged file: {channels} channels at {rate} Hz")
    allowed = (4, 8) if coding.floating else (1, 2, 3, 4)
    if size not in allowed or not 1 <= bits <= 8 * size or (coding.floating and bits != 8 * size):
        raise ValueError(f"samples of {bits} bits in {size} bytes are not supported")
    flags = _FLOAT if coding.floating else _SIGNED if coding.signed else 0
    flags |= _PACKED if bits == 8 * size else _ALIGNED_HIGH
    flags |= _BIG_ENDIAN if coding.big_endian and size > 1 else 0
    frame = size * channels
    return AudioStreamBasicDescription(rate, "lpcm", flags, frame, 1, frame, channels, bits)


def _chunks(data: memoryview, order: str) -> Iterator[tuple[bytes, int, int]]:
    """(id, start, size as the file states it) of the chunks behind a 12-byte file header."""
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from(f"{order}4sI", data, place)
        yield name, place + 8, size
        place += 8 + size + (size & 1)


def _wave_format(fmt: memoryview) -> AudioStreamBasicDescription:
    if len(fmt) < 16:
        raise ValueError("damaged WAVE file: the fmt chunk is too short")
    tag, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", fmt)
    if tag == _WAVE_EXTENSIBLE:
        if len(fmt) < 40 or fmt[26:40] != _TAG_GUID:
            raise ValueError("WAVE file of an unsupported encoding")
        valid, _, tag = struct.unpack_from("<HIH", fmt, 18)
        bits = valid or bits
    if tag not in (_WAVE_PCM, _WAVE_FLOAT):
        raise ValueError(f"WAVE file of an unsupported encoding (format tag {tag:#06x})")
    if channels < 1 or block % channels:
        raise ValueError(f"damaged WAVE file: {block} bytes per frame of {channels} channels")
    size = block // channels
    coding = Coding(floating=tag == _WAVE_FLOAT, signed=size > 1, big_endian=False)
    return _format(float(rate), channels, size, bits, coding)


def _parse_wave(data: memoryview) -> PCMContainer:
    fmt: memoryview | None = None
    long_size = None
    for name, start, stated in _chunks(data, "<"):
        if name == b"ds64" and len(data) >= start + 16:
            (long_size,) = struct.unpack_from("<Q", data, start + 8)
        elif name == b"fmt ":
            fmt = data[start : start + stated]
        elif name == b"data":
            if fmt is None:
                raise ValueError("damaged WAVE file: no fmt chunk before the data")
            format = _wave_format(fmt)
            size = long_size if stated == _UNKNOWN_SIZE and long_size is not None else stated
            return PCMContainer(format, start, min(size, len(data) - start) // format.bytes_per_frame)
    raise ValueError("damaged WAVE file: no data chunk")


def _extended(raw: memoryview) -> float:
    """A number of 80 bits: sign, 15 bits of exponent, 64 bits of mantissa without a hidden one.

    Negative numbers and those beyond a double, which no sample rate is, are NaN.
    """
    exponent, mantissa = struct.unpack(">HQ", raw)
    return math.ldexp(mantissa, exponent - 16383 - 63) if exponent < 16383 + 1023 else math.nan


def _aiff_format(comm: memoryview, compressed: bool) -> tuple[AudioStreamBasicDescription, int]:
    """The format in a COMM chunk, and the number of frames that it states."""
    if len(comm) < (22 if compressed else 18):
        raise ValueError("damaged AIFF file: the COMM chunk is too short")
    channels, frames, bits = struct.unpack_from(">HIH", comm)
    kind = bytes(comm[18:22]) if compressed else b"NONE"
    coding = _AIFC_CODINGS.get(kind)
    if coding is None:
        raise ValueError(f"AIFF-C file of an unsupported encoding ({kind.decode('latin-1')!r})")
    bits = coding.bits or bits
    return _format(_extended(comm[8:18]), channels, (bits + 7) // 8, bits, coding), frames


def _parse_aiff(data: memoryview, compressed: bool) -> PCMContainer:
    described: tuple[AudioStreamBasicDescription, int] | None = None
    sound: tuple[int, int] | None = None
    for name, start, stated in _chunks(data, ">"):
        if name == b"COMM":
            described = _aiff_format(data[start : start + stated], compressed)
        elif name == b"SSND" and len(data) >= start + 8:
            (offset,) = struct.unpack_from(">I", data, start)
            sound = start + 8 + offset, start + stated
    if described is None:
        raise ValueError("damaged AIFF file: no COMM chunk")
    format, frames = described
    if sound is None:
        if frames:
            raise ValueError("damaged AIFF file: no SSND chunk")
        sound = 12, 12
    first, end = sound
    present = max(0, min(end, len(data)) - first) // format.bytes_per_frame
    return PCMContainer(format, first, min(frames, present))


def parse(data: memoryview) -> PCMContainer:
    """Finds the samples of a file.

    Raises:
        ValueError: Not WAVE, AIFF or AIFF-C, an encoding other than PCM, or a damaged file.
    """
    form, kind = bytes(data[:4]), bytes(data[8:12])
    if form in (b"RIFF", b"RF64", b"BW64") and kind == b"WAVE":
        return _parse_wave(data)
    if form == b"FORM" and kind in (b"AIFF", b"AIFC"):
        return _parse_aiff(data, kind == b"AIFC")
    raise ValueError("not a WAVE or AIFF file")
