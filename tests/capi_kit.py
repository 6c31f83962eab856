"""Formats as the functional API takes and gives them."""

from __future__ import annotations

import struct
from typing import Any

KEYS = (
    "sample_rate",
    "format_id",
    "format_flags",
    "bytes_per_packet",
    "frames_per_packet",
    "bytes_per_frame",
    "channels_per_frame",
    "bits_per_channel",
)
FLOAT, BIG, SIGNED, PACKED, PLANAR = 1, 2, 4, 8, 32


def pcm(
    rate: float = 44100.0, channels: int = 2, bits: int = 16, *, is_float: bool = False, extra: int = 0
) -> dict[str, Any]:
    """Packed linear PCM; extra: further flags."""
    frame = bits // 8 * (1 if extra & PLANAR else channels)
    flags = (FLOAT if is_float else SIGNED) | PACKED | extra
    return dict(zip(KEYS, (rate, 0x6C70636D, flags, frame, 1, frame, channels, bits), strict=True))


def coded(
    code: str, rate: float = 44100.0, channels: int = 2, packet: int = 0, frames: int = 0
) -> dict[str, Any]:
    """A compressed format. packet: bytes of one, frames: in one; 0 where they vary or are for the codec to say."""
    return dict(
        zip(
            KEYS, (rate, int.from_bytes(code.encode(), "big"), 0, packet, frames, 0, channels, 0), strict=True
        )
    )


def asbd(values: dict[str, Any]) -> bytes:
    """The 40 bytes of Apple's AudioStreamBasicDescription, as its header lays them out."""
    return struct.pack("=d8I", *(values[key] for key in KEYS), 0)


def from_asbd(data: bytes) -> dict[str, Any]:
    assert len(data) == 40
    *values, reserved = struct.unpack("=d8I", data)
    assert reserved == 0
    return dict(zip(KEYS, values, strict=True))
