"""A file of any type and format that is created and closed with no frame in it: it can be opened again, here and by
other programs, and is as empty as its type can say."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pairs_kit import Pair, ask, is_refused, numbers, pairs_of

import coremusic
from coremusic import AudioFile, AudioFormat, ExtendedAudioFile
from coremusic.utils.fourcc import fourcc_to_int, fourcc_to_str

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="asks libcoremusic what it writes")

# Frames of the one packet of silence that a file has whose type cannot tell that none counts.
HEARD = {("ac-3", "ac-3"): 1536, ("loas", "aac "): 1024}

# What FFmpeg does not read: a Wave64 file without samples, which it does not read when it has written it either,
# formats that its CAF reader does not know, and LOAS without being told so.
UNKNOWN_TO_FFMPEG = {("caff", "vorb"), ("caff", "ms\0\2"), ("caff", "ms\0\x11")}
CODECS = {
    "aac ": "aac",
    "alac": "alac",
    "flac": "flac",
    "opus": "opus",
    "vorb": "vorbis",
    ".mp3": "mp3",
    ".mp2": "mp2",
}


def close_at_once(pair: Pair, path: Path) -> None:
    with AudioFile(path, "w", format=pair.format, file_type=pair.file_type):
        pass


def write_no_frames(pair: Pair, path: Path) -> None:
    with AudioFile(path, "w", format=pair.format, file_type=pair.file_type) as f:
        f.write(np.zeros((0, pair.format.channels_per_frame), np.float32))


def extended(pair: Pair, path: Path) -> None:
    ExtendedAudioFile.create(path, pair.file_type, pair.format).close()


class Description(ctypes.Structure):
    """AudioStreamBasicDescription."""

    _fields_ = (
        ("mSampleRate", ctypes.c_double),
        ("mFormatID", ctypes.c_uint32),
        ("mFormatFlags", ctypes.c_uint32),
        ("mBytesPerPacket", ctypes.c_uint32),
        ("mFramesPerPacket", ctypes.c_uint32),
        ("mBytesPerFrame", ctypes.c_uint32),
        ("mChannelsPerFrame", ctypes.c_uint32),
        ("mBitsPerChannel", ctypes.c_uint32),
        ("mReserved", ctypes.c_uint32),
    )


def from_c(pair: Pair, path: Path) -> None:
    """AudioFileCreateWithURL and AudioFileClose, without a magic cookie."""
    library: Any = ctypes.CDLL(coremusic.get_library())
    library.CFURLCreateFromFileSystemRepresentation.restype = ctypes.c_void_p
    name = bytes(path)
    url = ctypes.c_void_p(library.CFURLCreateFromFileSystemRepresentation(None, name, len(name), False))
    form = Description(
        pair.format.sample_rate,
        fourcc_to_int(pair.format.format_id),
        pair.format.format_flags,
        mChannelsPerFrame=pair.format.channels_per_frame,
        mBitsPerChannel=pair.format.bits_per_channel,
    )
    handle = ctypes.c_void_p()
    code = fourcc_to_int(pair.file_type)
    assert library.AudioFileCreateWithURL(url, code, ctypes.byref(form), 1, ctypes.byref(handle)) == 0
    library.CFRelease(url)
    assert library.AudioFileClose(handle) == 0


def ffprobe(pair: Pair, path: Path) -> dict[str, Any]:
    told = ["-f", "loas"] if pair.file_type == "loas" else []
    command = ["ffprobe", "-v", "error", *told, "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, (pair, done.stderr)
    return dict(json.loads(done.stdout)["streams"][0])


def check(pair: Pair, path: Path) -> None:
    frames = HEARD.get((pair.file_type, pair.format.format_id), 0)
    with AudioFile(path) as f:
        assert (f.frame_count, len(f.read())) == (frames, frames), pair
        assert f.format.format_id == pair.format.format_id
        assert f.format.sample_rate == pair.format.sample_rate
        assert f.format.channels_per_frame == pair.format.channels_per_frame
        assert f.duration == pytest.approx(frames / pair.format.sample_rate)
    with ExtendedAudioFile(path) as e:
        assert e.frame_count == frames


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    "file_type", numbers(ask("afwf")) if sys.platform != "darwin" else [], ids=fourcc_to_str
)
def test_no_frames(file_type: int, channels: int, tmp_path: Path) -> None:
    made = 0
    for pair in pairs_of(file_type):
        path = tmp_path / f"a.{pair.extension}"
        if is_refused(pair, path):
            continue
        pair.format.channels_per_frame = channels
        makers: list[Callable[[Pair, Path], None]] = [close_at_once, write_no_frames, extended, from_c]
        for make in makers:
            path.unlink()
            make(pair, path)
            check(pair, path)
        made += 1
        known = pair.file_type != "W64f" and (pair.file_type, pair.format.format_id) not in UNKNOWN_TO_FFMPEG
        if known and shutil.which("ffprobe"):
            stream = ffprobe(pair, path)
            assert stream["codec_type"] == "audio"
            codec = CODECS.get(pair.format.format_id)
            assert not codec or stream["codec_name"].startswith(codec), pair
    assert made or file_type == fourcc_to_int("MPG1")  # which nothing encodes


@pytest.mark.parametrize(
    ("extension", "make"),
    [
        ("m4a", AudioFormat.aac),
        ("ogg", AudioFormat.vorbis),
        ("flac", AudioFormat.flac),
        ("mp3", AudioFormat.mp3),
        ("aac", AudioFormat.aac),
        ("caf", AudioFormat.alac),
    ],
)
def test_texts_without_frames(extension: str, make: Callable[..., AudioFormat], tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    with AudioFile(path, "w", format=make(44100, 2)) as f:
        f.metadata = {"title": "nothing"}
    with AudioFile(path) as f:
        assert f.metadata["title"] == "nothing"
        assert f.frame_count == 0
    if extension != "caf":
        mutagen = pytest.importorskip("mutagen.id3" if extension in ("mp3", "aac") else "mutagen")
        tags = mutagen.ID3(path) if extension in ("mp3", "aac") else mutagen.File(path).tags
        assert "nothing" in str(tags)


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("a.ogg", ["oggdec", "-Q", "-o", "{out}", "{file}"]),
        ("a.opus", ["opusdec", "--quiet", "{file}", "{out}"]),
        ("a.flac", ["flac", "-s", "-f", "-d", "-o", "{out}", "{file}"]),
        ("a.mp3", ["mpg123", "-q", "-w", "{out}", "{file}"]),
    ],
)
def test_other_decoders(name: str, program: list[str], tmp_path: Path) -> None:
    if not shutil.which(program[0]):
        pytest.skip(f"{program[0]} is not installed")
    path, out = tmp_path / name, tmp_path / "out.wav"
    make = {
        "ogg": AudioFormat.vorbis,
        "opus": AudioFormat.opus,
        "flac": AudioFormat.flac,
        "mp3": AudioFormat.mp3,
    }
    with AudioFile(path, "w", format=make[name[2:]](48000, 2)):
        pass
    subprocess.run([part.format(out=out, file=path) for part in program], check=True, capture_output=True)
    with AudioFile(out) as f:
        assert f.frame_count == 0
