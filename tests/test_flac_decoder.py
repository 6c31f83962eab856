"""The engine's own FLAC decoder against files of libFLAC's tool `flac` and of FFmpeg, decoded by the same."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from coremusic import AudioFile

pytestmark = pytest.mark.skipif(not shutil.which("flac"), reason="the program flac is not installed")
RATE = 44100


def sound(bits: int, channels: int, frames: int = 30011) -> np.ndarray:
    """Tones, then noise at full scale, silence, one value and every extreme: all kinds of subframes."""
    random, top = np.random.default_rng(bits * 10 + channels), 2.0 ** (bits - 1)
    time = np.arange(frames)[:, None] / RATE
    data = 0.4 * np.sin(2 * np.pi * 220 * time * np.arange(1, channels + 1)) * top
    data += random.standard_normal(data.shape) * top * 2**-9
    data[8000:14000] = random.uniform(-top, top - 1, (6000, channels))
    data[14000:20000] = 0
    data[20000:25000] = np.round(top / 3)
    data[25000:] = random.choice([-top, top - 1, 0], (frames - 25000, channels))
    return np.clip(np.rint(data), -top, top - 1).astype(np.int64)


def raw_bytes(data: np.ndarray, bits: int) -> bytes:
    size = (bits + 7) // 8
    wide = (data << (8 * size - bits)).astype("<i8")
    return wide.view(np.uint8).reshape(*data.shape, 8)[..., :size].tobytes()


def encode(path: Path, data: np.ndarray, bits: int, *options: str) -> None:
    size = (bits + 7) // 8
    command = ["flac", "-s", "-f", "--lax", "--force-raw-format", "--endian=little", "--sign=signed"]
    command += [f"--channels={data.shape[1]}", f"--bps={8 * size}", f"--sample-rate={RATE}"]
    raw = raw_bytes(data, bits)
    subprocess.run([*command, *options, "-o", path, "-"], input=raw, check=True)


def decode(path: Path, bits: int) -> np.ndarray:
    """By coremusic, as integers of `bits`."""
    with AudioFile(path) as file:
        return file.read(dtype="int32").astype(np.int64) >> (32 - bits)


@pytest.mark.parametrize(
    "options", ["-0", "-3", "-5", "-8", "-8 -e -p -r 8", "-l 32 -b 4608", "-5 -b 17", "-4 -M"]
)
@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_settings_of_the_encoder(tmp_path: Path, options: str, bits: int) -> None:
    data = sound(bits, 2)
    encode(tmp_path / "a.flac", data, bits, *options.split())
    np.testing.assert_array_equal(decode(tmp_path / "a.flac", bits), data)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("bits", [16, 24])
def test_channels(tmp_path: Path, channels: int, bits: int) -> None:
    data = sound(bits, channels)
    encode(tmp_path / "a.flac", data, bits)
    np.testing.assert_array_equal(decode(tmp_path / "a.flac", bits), data)


def test_low_bits_that_are_always_zero(tmp_path: Path) -> None:
    """12 significant bits of 16: the encoder leaves them out."""
    data = sound(12, 2)
    encode(tmp_path / "a.flac", data, 12)
    np.testing.assert_array_equal(decode(tmp_path / "a.flac", 12), data)


@pytest.mark.parametrize("kind", ["indep", "left_side", "right_side", "mid_side"])
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="the program ffmpeg is not installed")
def test_stereo_as_ffmpeg_codes_it(tmp_path: Path, kind: str) -> None:
    data, path = sound(16, 2), tmp_path / "a.flac"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "s16le",
        "-ar",
        str(RATE),
        "-ac",
        "2",
        "-i",
        "-",
        "-ch_mode",
        kind,
    ]
    subprocess.run([*command, "-compression_level", "12", path], input=raw_bytes(data, 16), check=True)
    np.testing.assert_array_equal(decode(path, 16), data)


def test_a_damaged_frame_is_silence(tmp_path: Path) -> None:
    """A changed bit is found by the checksum; only the frame that it is in is lost."""
    path, data = tmp_path / "a.flac", sound(16, 2)
    encode(path, data, 16, "-b", "4096")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    differs = (decode(path, 16) != data).any(axis=1)
    frames = np.unique(np.nonzero(differs)[0] // 4096)
    assert len(frames) == 1
    assert not decode(path, 16)[frames[0] * 4096 : (frames[0] + 1) * 4096].any()
