"""HE-AAC that only its packets tell of, in ADTS and MPEG-4, beside FFmpeg's reading of the same files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from he_aac import implicit_he_aac
from objects_kit import decode_with_ffmpeg, ffmpeg, probe

from coremusic import AudioFile, AudioFileStream, AudioFormat, ExtendedAudioFile

RATE = 22050
LIST, COOKIE = (int.from_bytes(code, "big") for code in (b"flst", b"mgic"))
LAYERS = {  # channels of the base layer: format, rate, frames of a packet, channels
    1: [(b"aacp", 44100, 2048, 2), (b"aach", 44100, 2048, 1), (b"aac ", 22050, 1024, 1)],
    2: [(b"aach", 44100, 2048, 2), (b"aac ", 22050, 1024, 2)],
}


def plain(path: Path, channels: int, rate: int = RATE) -> bytes:
    """ADTS of AAC-LC: two seconds of tones, and noise to fill the spectrum."""
    time = np.arange(2 * rate)[:, None] / rate
    tones = 0.3 * np.sin(2 * np.pi * 440 * (1 + np.arange(channels)) * time)
    noise = np.random.default_rng(channels).standard_normal(tones.shape)
    with AudioFile(path, "w", format=AudioFormat.aac(rate, channels)) as file:
        file.write(tones + 0.05 * noise)
    written = path.read_bytes()
    return written[written.index(b"\xff\xf1") :]


@pytest.fixture(params=[1, 2])
def adts(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    path = tmp_path / "he.aac"
    path.write_bytes(implicit_he_aac(plain(path, request.param)))
    return path, request.param


def layers(of: Any) -> list[tuple[bytes, float, int, int]]:
    found = []
    for rate, code, _, _, frames, _, channels, _, _ in struct.iter_unpack("<d4s7I8x", of.get_property(LIST)):
        found.append((code[::-1], rate, frames, channels))
    return found


def check(path: Path, channels: int) -> None:
    assert probe(path, "stream=sample_rate") == "44100"
    expected = decode_with_ffmpeg(path, 2)
    with AudioFile(path) as file:
        assert layers(file) == LAYERS[channels]
        assert (file.sample_rate, file.channels) == (44100, 2)
        sound = file.read(dtype="float32")
        assert len(sound) == file.frame_count
        assert np.array_equal(sound, expected[: len(sound)])
        file.seek(30000)  # the noise that replication adds is another one
        assert np.abs(file.read(3000, dtype="float32") - sound[30000:33000]).max() < 0.05


def test_adts(adts: tuple[Path, int]) -> None:
    check(*adts)
    with AudioFile(adts[0]) as file:
        assert len(file.read()) == len(decode_with_ffmpeg(adts[0], 2))


@pytest.mark.parametrize(
    "options", [(), ("-movflags", "+frag_keyframe+delay_moov")], ids=["plain", "fragments"]
)
def test_mpeg_4_that_leaves_it_open(adts: tuple[Path, int], tmp_path: Path, options: tuple[str, ...]) -> None:
    path = ffmpeg(adts[0], tmp_path / "he.mp4", "-c", "copy", "-bsf:a", "aac_adtstoasc", *options)
    check(path, adts[1])


@pytest.mark.parametrize("name", ["told.m4a", "told.caf"])
def test_packets_in_another_file_with_a_cookie_that_tells(
    adts: tuple[Path, int], tmp_path: Path, name: str
) -> None:
    source, channels = adts
    with AudioFile(source) as file:
        data, descriptions = file.read_packet_data()
        with AudioFile(tmp_path / name, "w", format=file.format) as copy:
            copy.set_property(COOKIE, file.get_property(COOKIE))
            copy.write_packets(data, descriptions)
    with AudioFile(source) as file, AudioFile(tmp_path / name) as copy:
        assert layers(copy) == LAYERS[channels]
        assert np.array_equal(copy.read(), file.read())
    if name.endswith("m4a"):  # FFmpeg's reader of CAF does not know HE-AAC
        check(tmp_path / name, channels)
        assert probe(tmp_path / name, "stream=profile").startswith("HE-AAC")


@pytest.mark.parametrize("piece", [1, 100, 100_000])
def test_stream(adts: tuple[Path, int], piece: int) -> None:
    source, channels = adts
    packets: list[bytes] = []
    stream = AudioFileStream("adts", on_packets=lambda _, data, __: packets.append(data))
    data = source.read_bytes()
    with stream:
        for at in range(0, len(data), piece):
            stream.parse_bytes(data[at : at + piece])
        assert layers(stream) == LAYERS[channels]
        stream.finish()
    with AudioFile(source) as file:
        assert b"".join(packets) == file.read_packet_data()[0]


def test_extended_file(adts: tuple[Path, int]) -> None:
    with ExtendedAudioFile(adts[0]) as file:
        assert (file.file_format.sample_rate, file.file_format.channels_per_frame) == (44100, 2)
        file.client_format = AudioFormat.pcm(44100, 2, 16)
        data, frames = file.read(5000)
    expected = decode_with_ffmpeg(adts[0], 2)[:5000]
    assert frames == 5000
    got = np.frombuffer(data, np.int16).reshape(-1, 2) / 32768
    assert np.abs(got - expected).max() < 1 / 32768


@pytest.mark.parametrize(("rate", "channels"), [(22050, 1), (24000, 2), (44100, 2)])
def test_plain_aac_stays_what_it_is(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "lc.aac"
    path.write_bytes(plain(path, channels, rate))
    with AudioFile(path) as file:
        assert layers(file) == [(b"aac ", rate, 1024, channels)]
        assert np.array_equal(file.read(dtype="float32"), decode_with_ffmpeg(path, channels))


def test_a_rate_that_is_too_high_to_leave_it_open(tmp_path: Path) -> None:
    """Above 24 kHz the standard has no SBR that is not announced."""
    path = tmp_path / "he.aac"
    path.write_bytes(implicit_he_aac(plain(path, 2, 44100)))
    with AudioFile(path) as file:
        assert layers(file) == [(b"aac ", 44100, 1024, 2)]


def test_a_configuration_that_ends_too_soon(tmp_path: Path) -> None:
    """12 12: the delay of a core coder is announced and left out, as in some iTunes files."""
    path, again = tmp_path / "a.m4a", tmp_path / "b.m4a"
    adts = tmp_path / "a.aac"
    plain(adts, 2, 44100)
    ffmpeg(adts, path, "-c", "copy", "-bsf:a", "aac_adtstoasc")
    data = path.read_bytes()
    at = data.index(b"\x05\x80\x80\x80\x02\x12\x10")
    again.write_bytes(data[: at + 6] + b"\x12" + data[at + 7 :])
    with AudioFile(path) as one, AudioFile(again) as other:
        assert other.format == one.format
        assert np.array_equal(other.read(), one.read())
