"""Whole files from one format to another, in blocks, whatever their length."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..audio_format import FLAG_BIG_ENDIAN, FLAG_PACKED, FLAG_SIGNED, SOURCE_BITS_FLAG, AudioFormat
from ..audio_marker import AudioMarker, AudioRegion
from ..exceptions import AudioFileError
from ..objects import AudioFile, ExtendedAudioFile

__all__ = ["Conversion", "convert_file", "default_format", "usual_codec"]

PathLike = str | os.PathLike[str]
Progress = Callable[[int, int], None]

BLOCK_FRAMES = 1 << 16
LOSSLESS = {"alac", "flac"}
LOSSY = {"aac ", ".mp2", ".mp3", "ac-3", "opus", "vorb"}
BITS_OF_FLAG = {flag: bits for bits, flag in SOURCE_BITS_FLAG.items()}
DERIVED_KEYS = {  # what an info dictionary says about the coding of its own file
    "approximate duration in seconds",
    "channel layout",
    "nominal bit rate",
    "source bit depth",
    "source encoder",
}
CHANNEL_LAYOUT = "fclo"  # kExtAudioFileProperty_FileChannelLayout
MIX_CHANNELS = "dmix"  # of the engine's AudioConverter: mix where the numbers of channels differ
NO_SUCH_PROPERTY = 0x70726F70  # kAudioConverterErr_PropertyNotSupported, 'prop'


@dataclass(frozen=True)
class Conversion:
    """What convert_file did.

    frames: written, at the target's sample rate. file_type: four characters. format: the target's.
    """

    source: Path
    target: Path
    file_type: str
    format: AudioFormat
    frames: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.format.sample_rate


def _source_bits(format: AudioFormat) -> int:
    """Bits of integer audio that the source keeps exactly; 0 for lossy sources and floats."""
    if format.format_id in LOSSLESS:
        return BITS_OF_FLAG.get(format.format_flags, 16)
    return format.bits_per_channel if format.is_integer else 0


def _pcm_bits(source: AudioFormat, bits: int | None, is_float: bool) -> int:
    if bits is not None:
        return bits
    if is_float or source.is_float:
        return 64 if source.is_float and source.bits_per_channel == 64 else 32
    kept = _source_bits(source)
    return next((b for b in (8, 16, 24, 32) if b >= kept), 32) if kept else 16


def usual_codec(file_type: str, extension: str = "") -> str:
    """What audio is coded in, as four characters, in a file of this type and (if given) extension."""
    return CODEC_OF_EXTENSION.get(extension.lower()) or USUAL_CODEC.get(file_type, "lpcm")


def default_format(
    source: AudioFormat,
    file_type: str,
    *,
    codec: str | None = None,
    sample_rate: float | None = None,
    channels: int | None = None,
    bits: int | None = None,
    is_float: bool = False,
) -> AudioFormat:
    """The format that a file of file_type gets from audio in the format of source.

    file_type: four characters. codec: four characters, None for the type's usual one. sample_rate, channels, bits: None
    keeps the source's; a lossy codec that has no such sample rate gets the next higher one it has, or its highest, and
    one that has fewer channels gets its most. is_float: floats instead of integers, for linear PCM. ValueError for bits
    that the codec does not have.
    """
    codec = codec or usual_codec(file_type)
    rate = float(sample_rate or _coded_rate(codec, source.sample_rate))
    count = channels or _coded_channels(codec, source.channels_per_frame)
    if codec == "lpcm":
        floats = is_float or (bits is None and source.is_float and file_type not in INTEGER_ONLY)
        size = _pcm_bits(source, bits, floats)
        if file_type in INTEGER_ONLY and bits is None:
            size = min(size, 32)
        return _laid_out_for(file_type, AudioFormat.pcm(rate, count, size, is_float=floats))
    if codec in LOSSLESS:
        kept = bits or min(max(_pcm_bits(source, None, False) if not source.is_float else 24, 16), 32)
        make = AudioFormat.alac if codec == "alac" else AudioFormat.flac
        return make(rate, count, kept)
    if codec == "opus":
        return AudioFormat.opus(48000.0 if sample_rate is None else rate, count)
    simple = {
        "aac ": AudioFormat.aac,
        ".mp3": AudioFormat.mp3,
        "vorb": AudioFormat.vorbis,
        "ima4": AudioFormat.ima4,
        "ulaw": AudioFormat.ulaw,
        "alaw": AudioFormat.alaw,
    }
    return (
        simple[codec](rate, count) if codec in simple else AudioFormat(rate, codec, channels_per_frame=count)
    )


MPEG_RATES = (16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES = (7350, 8000, 11025, 12000, *MPEG_RATES, 64000, 88200, 96000)
CODED_RATES = {  # ISO/IEC 11172-3, 13818-3 (with MPEG-2.5 for layer 3), 14496-3; ATSC A/52
    "aac ": AAC_RATES,
    ".mp2": MPEG_RATES,
    ".mp3": (8000, 11025, 12000, *MPEG_RATES),
    "ac-3": (32000, 44100, 48000),
}
CODED_CHANNELS = {".mp2": 2, ".mp3": 2, "ac-3": 6}
MIXABLE_CHANNELS = 8  # more have no usual places, so that some would be dropped


def _coded_rate(codec: str, rate: float) -> float:
    rates = CODED_RATES.get(codec, ())
    return next((float(r) for r in rates if r >= rate), float(rates[-1])) if rates else rate


def _coded_channels(codec: str, count: int) -> int:
    return min(count, CODED_CHANNELS.get(codec, count)) if count <= MIXABLE_CHANNELS else count


USUAL_CODEC = {  # of a file type; linear PCM where nothing is said
    "m4af": "aac ",
    "m4bf": "aac ",
    "mp4f": "aac ",
    "3gpp": "aac ",
    "3gp2": "aac ",
    "adts": "aac ",
    "flac": "flac",
    "MPG2": ".mp2",
    "MPG3": ".mp3",
    "Oggf": "vorb",
    "ac-3": "ac-3",
}
CODEC_OF_EXTENSION = {".opus": "opus"}  # where the extension says more than the file type
INTEGER_ONLY = {"AIFF"}
BIG_ENDIAN = {"AIFF", "AIFC", "NeXT"}
LITTLE_ENDIAN = {"WAVE", "RF64", "BW64", "W64f"}  # with unsigned bytes


def _laid_out_for(file_type: str, format: AudioFormat) -> AudioFormat:
    """Linear PCM in the byte order, and 8-bit samples of the sign, that the file type holds."""
    if not format.is_pcm or file_type not in BIG_ENDIAN | LITTLE_ENDIAN:
        return format
    new = AudioFormat.from_dict(format.to_dict())
    flags = format.format_flags or FLAG_SIGNED | FLAG_PACKED
    flags = flags | FLAG_BIG_ENDIAN if file_type in BIG_ENDIAN else flags & ~FLAG_BIG_ENDIAN
    if format.bits_per_channel <= 8 and not format.is_float:
        flags = flags | FLAG_SIGNED if file_type in BIG_ENDIAN else flags & ~FLAG_SIGNED
    new.format_flags = flags
    return new


def _type_for(target: PathLike, format: AudioFormat | None) -> str:
    """The file type of a path's extension. What AIFF cannot hold goes into AIFF-C, which has the same extension."""
    kind = AudioFile.type_for_extension(Path(target).suffix)
    integers = format is None or (format.is_pcm and not format.is_float)
    return kind if integers or kind != "AIFF" else "AIFC"


def _client_format(target: AudioFormat) -> AudioFormat:
    """The PCM that goes from reader to writer: as fine as the target, so that nothing is lost on the way."""
    rate, channels = target.sample_rate, target.channels_per_frame
    if target.is_pcm:
        bits = target.bits_per_channel
        if target.is_float:
            return AudioFormat.pcm(rate, channels, bits, is_float=True)
        return AudioFormat.pcm(rate, channels, 16 if bits <= 16 else 32 if bits <= 32 else 64)
    if target.format_id in LOSSLESS:
        return AudioFormat.pcm(rate, channels, 16 if BITS_OF_FLAG.get(target.format_flags, 16) == 16 else 32)
    return AudioFormat.float32(rate, channels)


def _copy_frames(
    reader: ExtendedAudioFile, writer: ExtendedAudioFile, total: int, progress: Progress | None
) -> int:
    done = 0
    while done < total:
        data, frames = reader.read(min(BLOCK_FRAMES, total - done))
        if not frames:
            break
        writer.write(frames, data)
        done += frames
        if progress:
            progress(done, total)
    return done


def _mix_channels(reader: ExtendedAudioFile) -> None:
    """By the standard's table; Apple's converter, which has no such property, goes by its own rules."""
    try:
        reader.set_converter_property(MIX_CHANNELS, (1).to_bytes(4, sys.byteorder))
    except AudioFileError as error:
        if error.status_code != NO_SUCH_PROPERTY:
            raise


def _keep_layout(reader: ExtendedAudioFile, writer: ExtendedAudioFile) -> None:
    """Channel positions, where both files can tell them; without them the channels are only numbered."""
    try:
        writer.set_property(CHANNEL_LAYOUT, reader.get_property(CHANNEL_LAYOUT))
    except AudioFileError:
        return


@dataclass
class _Extras:
    """What a file holds beside its audio."""

    metadata: dict[str, str]
    artwork: bytes | None
    markers: list[AudioMarker]
    regions: list[AudioRegion]

    @classmethod
    def of(cls, source: PathLike) -> _Extras:
        with AudioFile(source) as file:
            info = {key: text for key, text in file.metadata.items() if key not in DERIVED_KEYS}
            return cls(info, file.artwork, file.markers, file.regions)

    def moved(self, first: int, ratio: float, frames: int) -> _Extras:
        """The same for a target that begins at frame `first` of the source: places outside of it are left out."""

        def places(markers: Iterable[AudioMarker]) -> list[AudioMarker]:
            shifted = (m._replace(frame=(m.frame - first) * ratio) for m in markers)
            return [m for m in shifted if 0 <= m.frame <= frames]

        regions = [r._replace(markers=tuple(places(r.markers))) for r in self.regions]
        whole = [
            new
            for new, old in zip(regions, self.regions, strict=True)
            if len(new.markers) == len(old.markers)
        ]
        return replace(self, markers=places(self.markers), regions=whole)

    def store(self, target: PathLike) -> None:
        """Puts into target what its container has room for."""
        present = {name: value for name, value in vars(self).items() if value}
        if not present:
            return
        with AudioFile(target, "r+") as file:
            for name, value in present.items():
                with suppress(AudioFileError):
                    setattr(file, name, value)


def convert_file(
    source: PathLike,
    target: PathLike,
    *,
    format: AudioFormat | None = None,
    file_type: str | None = None,
    start: float = 0.0,
    end: float | None = None,
    bit_rate: int | None = None,
    quality: int | None = None,
    metadata: bool = True,
    progress: Progress | None = None,
) -> Conversion:
    """Writes the audio of source to target in another format.

    source: any readable audio file. target: replaced when it exists, and only once the new file is complete.
    format: the target's (byte order, and the sign of 8-bit samples, follow the file type); None keeps the source's as
    far as the file type can. Where numbers of channels differ they are mixed. file_type: four characters;
    None takes it from the target's extension. start, end: seconds of the source; ValueError when nothing is between
    them. bit_rate: bits per second for lossy encoders. quality: 0..127 for encoders that have one. metadata: whether
    info, artwork, markers and regions are copied, as far as the target's container keeps them. progress: called with
    frames done and frames in all. AudioFileError when a file cannot be read or written.
    """
    kind = file_type or _type_for(target, format)
    extras = _Extras.of(source) if metadata else None
    with ExtendedAudioFile(source) as reader:
        old = reader.file_format
        codec = usual_codec(kind, Path(target).suffix)
        new = _laid_out_for(kind, format) if format else default_format(old, kind, codec=codec)
        first, last = _frame_range(reader, start, end)
        client = _client_format(new)
        reader.client_format = client
        if new.channels_per_frame != old.channels_per_frame:
            _mix_channels(reader)
        reader.seek(first)
        total = round((last - first) * new.sample_rate / old.sample_rate)
        with ExtendedAudioFile.create(target, kind, new) as writer:
            if old.channels_per_frame == new.channels_per_frame:
                _keep_layout(reader, writer)
            writer.client_format = client
            if bit_rate is not None or quality is not None:
                writer.set_encoder(bit_rate=bit_rate, quality=quality)
            written = _copy_frames(reader, writer, total, progress)
    if extras:
        extras.moved(first, new.sample_rate / old.sample_rate, written).store(target)
    return Conversion(Path(source), Path(target), kind, new, written)


def _frame_range(reader: ExtendedAudioFile, start: float, end: float | None) -> tuple[int, int]:
    rate, length = reader.file_format.sample_rate, reader.frame_count
    if start >= 0 and (end is None or end >= 0):  # which NaN is not
        first = round(min(start * rate, length))
        last = length if end is None else round(min(end * rate, length))
        if first < last or length == 0:
            return first, last
    raise ValueError(f"nothing lies between {start} s and {'the end' if end is None else f'{end} s'}")


def field_summary(format: AudioFormat) -> dict[str, Any]:
    """The fields of a format for people and JSON: the code as text."""
    values = format.to_dict()
    values["format_id"] = format.format_id
    return values
