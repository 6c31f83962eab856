"""AudioFormat: how audio is coded, as an AudioStreamBasicDescription with names."""

from __future__ import annotations

from ._capi import fourchar_to_int, int_to_fourchar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    import numpy as np

__all__ = ["AudioFormat"]

FLAG_FLOAT, FLAG_BIG_ENDIAN, FLAG_SIGNED, FLAG_PACKED = 1, 2, 4, 8
FLAG_ALIGNED_HIGH, FLAG_NON_INTERLEAVED = 16, 32
FIELDS = (
    "sample_rate",
    "format_id",
    "format_flags",
    "bytes_per_packet",
    "frames_per_packet",
    "bytes_per_frame",
    "channels_per_frame",
    "bits_per_channel",
)
# Apple Lossless and FLAC say by a flag how many bits the source had.
SOURCE_BITS_FLAG = {16: 1, 20: 2, 24: 3, 32: 4}


def _code(format_id: str | int) -> int:
    return format_id if isinstance(format_id, int) else fourchar_to_int(format_id)


class AudioFormat:
    """A coding of audio: sample rate, kind of coding, channels, and the sizes that follow.

    sample_rate: Hz. format_id: four characters such as "lpcm", "aac ", "alac", "flac" (or their number).
    format_flags: of linear PCM: 1 float, 2 big-endian, 4 signed, 8 packed, 16 aligned high, 32 not interleaved.
    bytes_per_packet, frames_per_packet, bytes_per_frame: 0 where they vary, or are left for coremusic to fill in.
    channels_per_frame: at least 1. bits_per_channel: of a sample, 0 for most compressed formats.

    Values are kept as given. Sizes of linear PCM that are 0 are completed where the format is used (flags 0 then mean
    signed packed integers); this object is not changed by that. Two formats are equal when all fields are; a format
    can be changed and is therefore not hashable.

    >>> AudioFormat.pcm(48000, channels=1, bits=24)
    AudioFormat(48000.0Hz, lpcm, channels=1, bits=24)
    """

    def __init__(
        self,
        sample_rate: float,
        format_id: str | int,
        format_flags: int = 0,
        bytes_per_packet: int = 0,
        frames_per_packet: int = 0,
        bytes_per_frame: int = 0,
        channels_per_frame: int = 2,
        bits_per_channel: int = 16,
    ) -> None:
        self.sample_rate = sample_rate
        self.format_id = format_id
        self.format_flags = format_flags
        self.bytes_per_packet = bytes_per_packet
        self.frames_per_packet = frames_per_packet
        self.bytes_per_frame = bytes_per_frame
        self.channels_per_frame = channels_per_frame
        self.bits_per_channel = bits_per_channel

    # ---- common formats

    @classmethod
    def pcm(
        cls,
        sample_rate: float = 44100.0,
        channels: int = 2,
        bits: int = 16,
        *,
        is_float: bool = False,
        big_endian: bool = False,
        interleaved: bool = True,
    ) -> Self:
        """Packed linear PCM, signed integers or floats.

        bits: 8, 16, 24, 32 or 64 for integers, 32 or 64 for floats. ValueError for others.
        """
        if bits not in ((32, 64) if is_float else (8, 16, 24, 32, 64)):
            raise ValueError(f"there are no {'float' if is_float else 'integer'} samples of {bits} bits")
        flags = FLAG_PACKED | (FLAG_FLOAT if is_float else FLAG_SIGNED)
        flags |= FLAG_BIG_ENDIAN if big_endian else 0
        flags |= 0 if interleaved else FLAG_NON_INTERLEAVED
        frame = bits // 8 * (channels if interleaved else 1)
        return cls(float(sample_rate), "lpcm", flags, frame, 1, frame, channels, bits)

    @classmethod
    def float32(cls, sample_rate: float = 44100.0, channels: int = 2) -> Self:
        """Interleaved native 32-bit floats."""
        return cls.pcm(sample_rate, channels, 32, is_float=True)

    @classmethod
    def aac(cls, sample_rate: float = 44100.0, channels: int = 2) -> Self:
        """MPEG-4 AAC, Low Complexity."""
        return cls(float(sample_rate), "aac ", 0, 0, 1024, 0, channels, 0)

    @classmethod
    def alac(cls, sample_rate: float = 44100.0, channels: int = 2, bits: int = 16) -> Self:
        """Apple Lossless. bits: 16, 20, 24 or 32, of the audio that goes in."""
        return cls(float(sample_rate), "alac", cls._source_bits(bits), 0, 4096, 0, channels, 0)

    @classmethod
    def flac(cls, sample_rate: float = 44100.0, channels: int = 2, bits: int = 16) -> Self:
        """FLAC. bits: 16, 20, 24 or 32, of the audio that goes in."""
        return cls(float(sample_rate), "flac", cls._source_bits(bits), 0, 4096, 0, channels, 0)

    @classmethod
    def opus(cls, sample_rate: float = 48000.0, channels: int = 2) -> Self:
        """Opus in packets of 20 ms."""
        return cls(float(sample_rate), "opus", 0, 0, round(sample_rate / 50), 0, channels, 0)

    @classmethod
    def vorbis(cls, sample_rate: float = 44100.0, channels: int = 2) -> Self:
        """Vorbis, whose packets vary in length."""
        return cls(float(sample_rate), "vorb", 0, 0, 0, 0, channels, 0)

    @classmethod
    def mp3(cls, sample_rate: float = 44100.0, channels: int = 2) -> Self:
        """MPEG-1 or -2 Layer 3."""
        return cls(float(sample_rate), ".mp3", 0, 0, 1152 if sample_rate >= 32000 else 576, 0, channels, 0)

    @classmethod
    def ima4(cls, sample_rate: float = 44100.0, channels: int = 2) -> Self:
        """Apple's IMA 4:1 ADPCM: 34 bytes for 64 samples of a channel."""
        return cls(float(sample_rate), "ima4", 0, 34 * channels, 64, 0, channels, 0)

    @classmethod
    def ulaw(cls, sample_rate: float = 8000.0, channels: int = 1) -> Self:
        """ITU-T G.711 mu-law."""
        return cls(float(sample_rate), "ulaw", 0, channels, 1, channels, channels, 8)

    @classmethod
    def alaw(cls, sample_rate: float = 8000.0, channels: int = 1) -> Self:
        """ITU-T G.711 A-law."""
        return cls(float(sample_rate), "alaw", 0, channels, 1, channels, channels, 8)

    @classmethod
    def pcm_16bit_stereo(cls, sample_rate: float = 44100.0) -> Self:
        """Interleaved 16-bit signed integers, two channels."""
        return cls.pcm(sample_rate, 2, 16)

    @classmethod
    def pcm_24bit_stereo(cls, sample_rate: float = 44100.0) -> Self:
        """Interleaved packed 24-bit signed integers, two channels."""
        return cls.pcm(sample_rate, 2, 24)

    @classmethod
    def pcm_32bit_float_stereo(cls, sample_rate: float = 44100.0) -> Self:
        """Interleaved 32-bit floats, two channels."""
        return cls.pcm(sample_rate, 2, 32, is_float=True)

    @staticmethod
    def _source_bits(bits: int) -> int:
        if bits not in SOURCE_BITS_FLAG:
            raise ValueError(f"lossless formats take 16, 20, 24 or 32 bits, not {bits}")
        return SOURCE_BITS_FLAG[bits]

    # ---- what it is

    @property
    def is_pcm(self) -> bool:
        """True for linear PCM."""
        return self.format_id in ("lpcm", 0x6C70636D)

    @property
    def is_stereo(self) -> bool:
        """True for two channels."""
        return self.channels_per_frame == 2

    @property
    def is_mono(self) -> bool:
        """True for one channel."""
        return self.channels_per_frame == 1

    @property
    def is_float(self) -> bool:
        """True for linear PCM of floats."""
        return self.is_pcm and bool(self.format_flags & FLAG_FLOAT)

    @property
    def is_integer(self) -> bool:
        """True for linear PCM of integers."""
        return self.is_pcm and not self.format_flags & FLAG_FLOAT

    @property
    def is_signed(self) -> bool:
        """True for linear PCM of signed integers."""
        return self.is_integer and (self.format_flags == 0 or bool(self.format_flags & FLAG_SIGNED))

    @property
    def is_big_endian(self) -> bool:
        """True for linear PCM with the most significant byte first."""
        return self.is_pcm and bool(self.format_flags & FLAG_BIG_ENDIAN)

    @property
    def is_interleaved(self) -> bool:
        """False for linear PCM with one buffer per channel."""
        return not (self.is_pcm and self.format_flags & FLAG_NON_INTERLEAVED)

    # ---- conversions

    def to_dict(self) -> dict[str, Any]:
        """The eight fields; format_id as number, the others as they are.

        AssertionError when format_id is not four characters.
        """
        values = {name: getattr(self, name) for name in FIELDS}
        values["format_id"] = _code(self.format_id)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The opposite of to_dict. sample_rate and format_id are required (KeyError), other keys are ignored."""
        wanted = {name: values[name] for name in FIELDS if name in values}
        wanted["sample_rate"], code = values["sample_rate"], values["format_id"]
        wanted["format_id"] = int_to_fourchar(code) if isinstance(code, int) else code
        return cls(**wanted)

    def to_numpy_dtype(self) -> np.dtype[Any]:
        """The NumPy type of one sample as AudioFile.read_as_numpy gives it.

        Packed 24-bit samples are widened to int32; big-endian formats give a byte-swapped type. ImportError without
        NumPy; ValueError for compressed formats and sample sizes that NumPy does not have.
        """
        try:
            import numpy as np
        except ImportError:
            raise ImportError("NumPy is required for to_numpy_dtype()") from None
        if not self.is_pcm:
            raise ValueError(f"{self.format_id!r} is not linear PCM, its packets have no NumPy type")
        bits = self.bits_per_channel
        if self.is_float:
            if bits not in (32, 64):
                raise ValueError(f"there are no floats of {bits} bits")
            name = f"f{bits // 8}"
        else:
            if bits not in (8, 16, 24, 32, 64):
                raise ValueError(f"there is no NumPy type for integers of {bits} bits")
            size = 4 if bits == 24 else bits // 8
            name = ("i" if self.is_signed else "u") + str(size)
        widened = self.is_integer and bits == 24
        return np.dtype((">" if self.is_big_endian and not widened else "<") + name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AudioFormat):
            return NotImplemented
        return self._key() == other._key()

    __hash__ = None  # type: ignore[assignment]  # mutable, and equal by value

    def _key(self) -> tuple[Any, ...]:
        code = self.format_id
        if isinstance(code, str) and len(code) == 4:
            code = _code(code)
        return (code, *(getattr(self, name) for name in FIELDS if name != "format_id"))

    def __repr__(self) -> str:
        code = int_to_fourchar(self.format_id) if isinstance(self.format_id, int) else self.format_id
        channels, bits = self.channels_per_frame, self.bits_per_channel
        return f"AudioFormat({self.sample_rate}Hz, {code}, channels={channels}, bits={bits})"
