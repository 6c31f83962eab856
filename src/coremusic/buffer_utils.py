"""Formats of audio buffers, their sizes, and conversion between linear PCM formats.

Where data is non-interleaved, the bytes of these functions are its channels one after another, each with the
same number of frames. A format's bytes_per_frame then counts one channel, as in Core Audio.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from . import dsp
from ._flat import flat_bytes
from .audio_format import AudioFormat
from .exceptions import AudioConverterError
from .objects import AudioConverter

__all__ = [
    "AudioStreamBasicDescription",
    "calculate_buffer_size",
    "convert_buffer_format",
    "fourcc_to_int",
    "int_to_fourcc",
    "optimal_buffer_size",
    "pack_audio_buffer",
    "unpack_audio_buffer",
]

Buffer = bytes | bytearray | memoryview

_LINEAR_PCM = 0x6C70636D  # 'lpcm'
_IS_FLOAT = 1
_IS_BIG_ENDIAN = 2
_IS_SIGNED_INTEGER = 4
_IS_PACKED = 8
_IS_NON_INTERLEAVED = 32

_INT16_SCALE = 32767 / 32768  # what convert_buffer_format multiplies with before AudioConverter's 2**15


def fourcc_to_int(fourcc: str) -> int:
    """The number of a four-character code.

    Args:
        fourcc: Four characters of Latin-1, e.g. "lpcm".

    Returns:
        The 32-bit number, first character in the highest byte.

    Raises:
        ValueError: Not four characters, or a character outside Latin-1.
    """
    if len(fourcc) != 4:
        raise ValueError(f"a four-character code has 4 characters, not {len(fourcc)}: {fourcc!r}")
    return int.from_bytes(fourcc.encode("latin-1"), "big")


def int_to_fourcc(value: int) -> str:
    """The text of a four-character code.

    Args:
        value: The number, 0 to 0xFFFFFFFF.

    Returns:
        Four characters; bytes that are not ASCII become U+FFFD.

    Raises:
        ValueError: The number is out of range.
    """
    if not 0 <= value <= 0xFFFFFFFF:
        raise ValueError(f"a four-character code is 0 to 0xFFFFFFFF, not {value}")
    return int(value).to_bytes(4, "big").decode("ascii", "replace")


@dataclass
class AudioStreamBasicDescription:
    """What the bytes of an audio stream mean; the fields are those of Core Audio's struct.

    Attributes:
        sample_rate: Frames per second, above 0.
        format_id: Four-character code of the encoding, as text or number; kept as number.
        format_flags: Flags of the encoding; for linear PCM those of constants.LinearPCMFormatFlag.
        bytes_per_packet: 0 where packets differ in size.
        frames_per_packet: 1 for linear PCM, 0 where packets differ in duration.
        bytes_per_frame: 0 for compressed formats; one channel's bytes where channels are not interleaved.
        channels_per_frame: Number of channels, at least 1.
        bits_per_channel: Bits of one sample; 0 for compressed formats only.

    Raises:
        ValueError: A field is out of range.

    >>> from coremusic.buffer_utils import AudioStreamBasicDescription
    >>> print(AudioStreamBasicDescription.pcm_int16_stereo(48000.0))
    AudioStreamBasicDescription(48000.0Hz, 2ch, 16-bit int, lpcm, interleaved)
    """

    sample_rate: float
    format_id: str | int
    format_flags: int
    bytes_per_packet: int
    frames_per_packet: int
    bytes_per_frame: int
    channels_per_frame: int
    bits_per_channel: int

    def __post_init__(self) -> None:
        if isinstance(self.format_id, str):
            self.format_id = fourcc_to_int(self.format_id)
        if not 0 < self.sample_rate < math.inf:
            raise ValueError(f"sample_rate must be above 0, not {self.sample_rate}")
        if self.channels_per_frame < 1:
            raise ValueError(f"channels_per_frame must be at least 1, not {self.channels_per_frame}")
        if self.bits_per_channel < (1 if self.is_pcm else 0):
            raise ValueError(f"bits_per_channel must be at least 1, not {self.bits_per_channel}")

    @property
    def is_pcm(self) -> bool:
        """Whether the encoding is linear PCM."""
        return self.format_id == _LINEAR_PCM

    @property
    def is_float(self) -> bool:
        """Whether samples are floating point."""
        return bool(self.format_flags & _IS_FLOAT)

    @property
    def is_big_endian(self) -> bool:
        """Whether the highest byte of a sample comes first."""
        return bool(self.format_flags & _IS_BIG_ENDIAN)

    @property
    def is_signed_integer(self) -> bool:
        """Whether samples are signed integers."""
        return bool(self.format_flags & _IS_SIGNED_INTEGER)

    @property
    def is_packed(self) -> bool:
        """Whether the bits of a sample fill its bytes."""
        return bool(self.format_flags & _IS_PACKED)

    @property
    def is_non_interleaved(self) -> bool:
        """Whether each channel is in a buffer of its own."""
        return bool(self.format_flags & _IS_NON_INTERLEAVED)

    @property
    def is_interleaved(self) -> bool:
        """Whether the channels alternate in one buffer."""
        return not self.is_non_interleaved

    def duration_for_frames(self, num_frames: int) -> float:
        """The duration of a number of frames, in seconds."""
        return num_frames / self.sample_rate

    def bytes_for_frames(self, num_frames: int) -> int:
        """The bytes of a number of frames in one buffer (one channel where channels are not interleaved)."""
        return num_frames * self.bytes_per_frame

    def frames_for_bytes(self, num_bytes: int) -> int:
        """The whole frames in a number of bytes of one buffer; 0 where frames have no fixed size."""
        return num_bytes // self.bytes_per_frame if self.bytes_per_frame else 0

    def to_dict(self) -> dict[str, Any]:
        """The eight fields by name, format_id as number."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AudioStreamBasicDescription:
        """A format from fields by name.

        Args:
            data: sample_rate and channels_per_frame at least; the others default to 'lpcm' without flags,
                0 bytes per packet and frame, 1 frame per packet, 16 bits. Other keys are ignored.

        Raises:
            KeyError: sample_rate or channels_per_frame is missing.
            ValueError: A field is out of range.
        """
        return cls(
            sample_rate=data["sample_rate"],
            format_id=data.get("format_id", _LINEAR_PCM),
            format_flags=data.get("format_flags", 0),
            bytes_per_packet=data.get("bytes_per_packet", 0),
            frames_per_packet=data.get("frames_per_packet", 1),
            bytes_per_frame=data.get("bytes_per_frame", 0),
            channels_per_frame=data["channels_per_frame"],
            bits_per_channel=data.get("bits_per_channel", 16),
        )

    @classmethod
    def pcm_float32_stereo(cls, sample_rate: float = 44100.0) -> AudioStreamBasicDescription:
        """Interleaved stereo of 32-bit floats in native order, at sample_rate Hz."""
        return cls(sample_rate, _LINEAR_PCM, _IS_FLOAT | _IS_PACKED, 8, 1, 8, 2, 32)

    @classmethod
    def pcm_int16_stereo(cls, sample_rate: float = 44100.0) -> AudioStreamBasicDescription:
        """Interleaved stereo of 16-bit integers in native order, at sample_rate Hz."""
        return cls(sample_rate, _LINEAR_PCM, _IS_SIGNED_INTEGER | _IS_PACKED, 4, 1, 4, 2, 16)

    def __str__(self) -> str:
        kind = "float" if self.is_float else "int"
        order = "interleaved" if self.is_interleaved else "non-interleaved"
        code = int_to_fourcc(int(self.format_id))
        return (
            f"AudioStreamBasicDescription({self.sample_rate}Hz, {self.channels_per_frame}ch, "
            f"{self.bits_per_channel}-bit {kind}, {code}, {order})"
        )


def _planes(format: AudioStreamBasicDescription) -> int:
    """Number of buffers that one after another make up the data of a format."""
    return format.channels_per_frame if format.is_non_interleaved else 1


def _plane_frames(data: memoryview, format: AudioStreamBasicDescription) -> int:
    if format.bytes_per_frame < 1:
        raise ValueError(f"frames of this format have no fixed size: {format}")
    return format.frames_for_bytes(data.nbytes // _planes(format))


def pack_audio_buffer(
    data: Buffer, format: AudioStreamBasicDescription, num_frames: int
) -> tuple[bytes, int]:
    """Audio cut or filled up with zero bytes to a number of frames.

    Args:
        data: The audio.
        format: Its format; frames must have a fixed size.
        num_frames: Frames wanted, at least 0.

    Returns:
        (bytes, frames of data that are in them).

    Raises:
        ValueError: num_frames is negative, or the format's frames have no fixed size.

    >>> from coremusic.buffer_utils import AudioStreamBasicDescription, pack_audio_buffer
    >>> pack_audio_buffer(b"abcd", AudioStreamBasicDescription.pcm_int16_stereo(), 2)
    (b'abcd\\x00\\x00\\x00\\x00', 1)
    """
    if num_frames < 0:
        raise ValueError(f"num_frames must be at least 0, not {num_frames}")
    view = flat_bytes(data)
    present = _plane_frames(view, format)
    taken = min(present, num_frames)
    size = format.bytes_for_frames(taken)
    padding = bytes(format.bytes_for_frames(num_frames - taken))
    starts = [plane * format.bytes_for_frames(present) for plane in range(_planes(format))]
    return b"".join(part for start in starts for part in (view[start : start + size], padding)), taken


def unpack_audio_buffer(data: Buffer, format: AudioStreamBasicDescription) -> tuple[bytes, int]:
    """Audio with the number of frames in it.

    Args:
        data: The audio.
        format: Its format; frames must have a fixed size.

    Returns:
        (the data unchanged, its whole frames).

    Raises:
        ValueError: The format's frames have no fixed size.
    """
    return bytes(data), _plane_frames(flat_bytes(data), format)


def _audio_format(format: AudioStreamBasicDescription) -> AudioFormat:
    if not format.is_pcm:
        raise ValueError(f"not linear PCM: {format}")
    return AudioFormat.from_dict(format.to_dict())


def _whole_frames(data: memoryview, format: AudioStreamBasicDescription) -> int:
    """The number of frames in data. As in Core Audio, sizes that are 0 follow from the bits."""
    per_buffer = format.channels_per_frame // _planes(format)
    one = format.bytes_per_frame or format.bytes_per_packet or (format.bits_per_channel + 7) // 8 * per_buffer
    frames, rest = divmod(data.nbytes, one * _planes(format))
    if one < 0 or rest:
        raise ValueError(f"{data.nbytes} bytes are not whole frames of {format}")
    return frames


def _converted(data: Buffer, source: AudioFormat, target: AudioFormat, frames: int) -> bytes:
    """What AudioConverter makes of a number of frames; the one channel of mono goes to each of the target's."""
    room = frames if source.sample_rate == target.sample_rate else None
    try:
        with AudioConverter(source, target) as converter:
            if source.is_mono:
                converter.channel_map = [0] * target.channels_per_frame
            return converter.convert_with_callback(data, frames, room)
    except (AudioConverterError, OverflowError) as error:
        raise ValueError(f"cannot convert {source} to {target}: {error}") from error


def convert_buffer_format(
    data: Buffer, from_format: AudioStreamBasicDescription, to_format: AudioStreamBasicDescription
) -> bytes:
    """Audio in another linear PCM format, by AudioConverter.

    Integers of 8 to 64 bits, packed or aligned, and 32- and 64-bit floats, in both byte orders, interleaved or
    not, at any sample rate; without sizes and flags, signed packed integers. Integers become floats by division
    by 2**(bits - 1). Floats become 16-bit integers by multiplication with 32767, so that 1.0 is full scale on
    both sides, and other integers by multiplication with 2**(bits - 1), as everywhere in coremusic; both are
    rounded and clipped (NaN is 0). Between integer formats bits are added or rounded away. Mono is copied to
    both channels of stereo, and stereo averaged to mono.

    Args:
        data: The audio: whole frames.
        from_format: Its format.
        to_format: The format wanted; equal channels, or mono and stereo.

    Returns:
        The audio in to_format; frames * to rate / from rate frames, to the nearest whole one.

    Raises:
        ValueError: A format is not linear PCM or contradicts itself, data does not hold whole frames, there
            is no rule for the channels, the sample rates are too far apart (1024 times), or more than 4 GiB
            would pass through one buffer (of 64-bit floats, where levels change).

    >>> from coremusic.buffer_utils import AudioStreamBasicDescription, convert_buffer_format
    >>> int16 = AudioStreamBasicDescription.pcm_int16_stereo()
    >>> float32 = AudioStreamBasicDescription.pcm_float32_stereo()
    >>> convert_buffer_format(b"\\x00\\x40\\x00\\xc0", int16, float32).hex()
    '0000003f000000bf'
    """
    view = flat_bytes(data)
    source, target = _audio_format(from_format), _audio_format(to_format)
    before, after = source.channels_per_frame, target.channels_per_frame
    if before != after and {before, after} != {1, 2}:
        raise ValueError(f"there is no rule to make {after} channels of {before}")
    frames = _whole_frames(view, from_format)
    scale = _INT16_SCALE if source.is_float and target.is_integer and target.bits_per_channel == 16 else 1.0
    if scale == 1.0 and before <= after:
        return _converted(view, source, target, frames)
    wide = AudioFormat.pcm(source.sample_rate, before, 64, is_float=True, interleaved=before <= after)
    samples = memoryview(bytearray(_converted(view, source, wide, frames))).cast("d")
    parts = [samples[:frames], samples[frames:]] if before > after else [samples]
    wide.channels_per_frame = min(before, after)
    mixed = dsp.mix(parts, gains=[scale / len(parts)] * len(parts), out=parts[0])
    return _converted(mixed.cast("B"), wide, target, frames)


def calculate_buffer_size(duration_seconds: float, format: AudioStreamBasicDescription) -> int:
    """The bytes that a duration takes in one buffer.

    Args:
        duration_seconds: At least 0; frames are counted down to whole ones.
        format: The format of the buffer.

    Returns:
        Bytes (of one channel where channels are not interleaved).

    Raises:
        ValueError: The duration is negative or not a number.
    """
    if not duration_seconds >= 0:
        raise ValueError(f"duration_seconds must be at least 0, not {duration_seconds}")
    return format.bytes_for_frames(int(duration_seconds * format.sample_rate))


def optimal_buffer_size(format: AudioStreamBasicDescription, latency_ms: float = 10.0) -> tuple[int, int]:
    """A buffer size for a latency: a power of two, as audio hardware prefers.

    Args:
        format: The format of the buffer.
        latency_ms: Latency in milliseconds, at least 0.

    Returns:
        (bytes, frames); at least one frame.

    Raises:
        ValueError: The latency is negative or not a number.

    >>> from coremusic.buffer_utils import AudioStreamBasicDescription, optimal_buffer_size
    >>> optimal_buffer_size(AudioStreamBasicDescription.pcm_int16_stereo(44100.0))
    (2048, 512)
    """
    if not latency_ms >= 0:
        raise ValueError(f"latency_ms must be at least 0, not {latency_ms}")
    frames = 1 << (max(1, int(format.sample_rate * latency_ms / 1000.0)) - 1).bit_length()
    return format.bytes_for_frames(frames), frames
