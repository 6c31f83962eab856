"""Common jobs on whole audio files."""

from __future__ import annotations

import glob
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audio_format import FIELDS, AudioFormat

if TYPE_CHECKING:
    import os

__all__ = [
    "AudioFormatPresets",
    "batch_convert",
    "convert_audio_file",
    "parse_audio_stream_basic_description",
    "trim_audio",
]

ASBD = struct.Struct("<dIIIIIIII")


def parse_audio_stream_basic_description(format_data: bytes) -> dict[str, Any]:
    """The fields of an AudioStreamBasicDescription, as property 'dfmt' of a file gives it.

    format_data: exactly 40 bytes, else ValueError. Returns a dict of sample_rate (float), format_id (str of four
    characters) and the integers format_flags, bytes_per_packet, frames_per_packet, bytes_per_frame,
    channels_per_frame, bits_per_channel and reserved. The functional API takes such a dict as a format.
    """
    if len(format_data) != ASBD.size:
        raise ValueError(f"an AudioStreamBasicDescription has {ASBD.size} bytes, not {len(format_data)}")
    rate, code, *rest = ASBD.unpack(format_data)
    values = dict(zip((*FIELDS, "reserved"), (rate, code, *rest), strict=True))
    values["format_id"] = int(code).to_bytes(4, "big").decode("latin-1")
    return values


class AudioFormatPresets:
    """Formats of common WAV files. Every call gives a new AudioFormat."""

    @staticmethod
    def wav_44100_stereo() -> AudioFormat:
        """44.1 kHz, 16 bits, two channels."""
        return AudioFormat.pcm(44100.0, 2, 16)

    @staticmethod
    def wav_44100_mono() -> AudioFormat:
        """44.1 kHz, 16 bits, one channel."""
        return AudioFormat.pcm(44100.0, 1, 16)

    @staticmethod
    def wav_48000_stereo() -> AudioFormat:
        """48 kHz, 16 bits, two channels."""
        return AudioFormat.pcm(48000.0, 2, 16)

    @staticmethod
    def wav_96000_stereo() -> AudioFormat:
        """96 kHz, 24 bits, two channels."""
        return AudioFormat.pcm(96000.0, 2, 24)


def convert_audio_file(
    input_path: str | os.PathLike[str], output_path: str | os.PathLike[str], output_format: AudioFormat
) -> None:
    """Writes input_path's audio to output_path in output_format; the extension tells the file type.

    A file that already has that type and format is copied as it is. AudioFileError when a file cannot be read or
    written. See coremusic.audio.conversion.convert_file for more choices.
    """
    from ..objects import AudioFile
    from .conversion import convert_file

    with AudioFile(input_path) as source:
        same = _says_the_same(
            source.format, output_format
        ) and source.file_type == AudioFile.type_for_extension(Path(output_path).suffix)
    if same:
        if Path(input_path).resolve() != Path(output_path).resolve():
            shutil.copyfile(input_path, output_path)
        return
    convert_file(input_path, output_path, format=output_format)


def _says_the_same(have: AudioFormat, want: AudioFormat) -> bool:
    """True when every field that want states (0 leaves it open) is what the file has."""
    if have.format_id != want.format_id or have.sample_rate != want.sample_rate:
        return False
    wanted = want.to_dict()
    present = have.to_dict()
    return all(not wanted[name] or wanted[name] == present[name] for name in FIELDS[2:])


def batch_convert(
    input_pattern: str,
    output_format: AudioFormat,
    output_dir: str | None = None,
    output_extension: str = "wav",
    overwrite: bool = False,
    progress_callback: Callable[[str, int, int], None] | None = None,
) -> list[str]:
    """Converts every file that a glob pattern matches; returns the paths written.

    output_dir: None puts each file beside its source. overwrite: False leaves files that exist alone, silently.
    progress_callback: called with file name, number from 1 and count before each conversion. A file that fails is
    reported on standard output and skipped.
    """
    sources = sorted(glob.glob(input_pattern))  # noqa: PTH207  (a pattern may be absolute)
    written = []
    for number, source in enumerate(sources, 1):
        folder = Path(output_dir) if output_dir else Path(source).parent
        target = folder / f"{Path(source).stem}.{output_extension.lstrip('.')}"
        if target.exists() and not overwrite:
            continue
        if progress_callback:
            progress_callback(Path(source).name, number, len(sources))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            convert_audio_file(source, target, output_format)
        except Exception as error:
            print(f"{source}: {error}")
        else:
            written.append(str(target))
    return written


def trim_audio(
    input_path: str | os.PathLike[str],
    output_path: str | os.PathLike[str],
    start_time: float = 0.0,
    end_time: float | None = None,
) -> None:
    """Writes the part of input_path between two times, in seconds, in the source's format where the type allows it.

    Lossy formats are encoded again, at the source's bit rate. end_time: None for the end. ValueError when end_time is
    not after start_time or nothing lies between them.
    """
    from ..objects import AudioFile
    from .conversion import LOSSY, convert_file

    if end_time is not None and end_time <= start_time:
        raise ValueError(f"end_time {end_time} is not after start_time {start_time}")
    with AudioFile(input_path) as source:
        kind = source.file_type
        format: AudioFormat | None = source.format
        bit_rate = source.bit_rate if source.format.format_id in LOSSY else None
    if kind != AudioFile.type_for_extension(Path(output_path).suffix):
        format, bit_rate = None, None
    convert_file(input_path, output_path, format=format, bit_rate=bit_rate, start=start_time, end=end_time)
