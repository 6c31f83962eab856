"""AudioFile for writing and changing, read back by libsndfile, wave, FFmpeg and sox."""

from __future__ import annotations

import array
import gc
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from objects_kit import (
    PCM_FILES,
    RATE,
    decode_with_ffmpeg,
    music,
    needs_ffmpeg,
    needs_ffprobe,
    needs_sox,
    probe,
    run,
    write_pcm,
)

import coremusic
from coremusic import AudioFile, AudioFileError, AudioFormat
from coremusic.audio_marker import AudioMarker, AudioRegion

PCM = AudioFormat.pcm
FLOAT = AudioFormat.float32


def same_layout(name: str, channels: int = 2, rate: float = RATE) -> AudioFormat:
    kept = PCM_FILES[name][2]
    return (
        PCM(rate, channels, int(kept[1]) * 8, is_float=True)
        if isinstance(kept, str)
        else PCM(rate, channels, kept)
    )


# ---- frames


@pytest.mark.parametrize("name", [n for n in PCM_FILES if n != "s24.rf64"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32"])
def test_libsndfile_reads_what_we_write(tmp_path: Path, name: str, dtype: str) -> None:
    sound = music(3000)
    data = (
        sound.astype(dtype)
        if dtype.startswith("f")
        else (sound * (2 ** (8 * np.dtype(dtype).itemsize - 1) - 1)).astype(dtype)
    )
    with AudioFile(tmp_path / name, "w", format=same_layout(name)) as f:
        assert f.write(data[:1000]) == 1000
        assert f.write(data[1000:]) == 2000
        assert f.tell() == f.frame_count == 3000
    info = sf.info(tmp_path / name)
    assert (info.subtype, info.channels, info.samplerate, info.frames) == (PCM_FILES[name][1], 2, RATE, 3000)
    kept = PCM_FILES[name][2]
    bits = kept if isinstance(kept, int) else 24 if kept == "f4" else 52
    step = 2.0 ** (1 - min(bits, 16 if dtype == "int16" else 24))
    np.testing.assert_allclose(sf.read(tmp_path / name)[0], sound, atol=2.1 * step)
    if dtype == "int16" and isinstance(kept, int) and kept >= 16:
        np.testing.assert_array_equal(sf.read(tmp_path / name, dtype="int16")[0], data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(channels=st.integers(1, 8), cuts=st.lists(st.integers(0, 400), max_size=4), flip=st.booleans())
def test_pieces_and_strides(tmp_path: Path, channels: int, cuts: list[int], flip: bool) -> None:
    sound = (music(400, channels) * 32767).astype("int16")
    source = np.asfortranarray(sound)[::-1][::-1] if flip else sound
    path = tmp_path / "a.wav"
    edges = [0, *sorted(cuts), 400]
    with AudioFile(path, "w", format=PCM(8000, channels, 16)) as f:
        for a, b in zip(edges, edges[1:], strict=False):
            assert f.write(source[a:b]) == b - a
    np.testing.assert_array_equal(sf.read(path, dtype="int16", always_2d=True)[0], sound)


def test_one_channel_without_axis_and_other_buffers(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with AudioFile(path, "w", format=PCM(8000, 1, 16)) as f:
        f.write(np.array([1, 2, 3], "int16"))
        f.write(np.array([[4], [5]], "int16"))
        f.write(array.array("h", [6, 7]))
        f.write(b"\x08\x00\x09\x00")
        f.write(bytearray())
    np.testing.assert_array_equal(sf.read(path, dtype="int16")[0], np.arange(1, 10))


def test_bytes_are_in_the_format_that_was_asked_for(tmp_path: Path) -> None:
    """AIFF is big-endian; the caller's bytes are not, and the same file comes of both spellings."""
    sound = (music(100) * 32767).astype("<i2")
    for order, data in ((False, sound), (True, sound.astype(">i2"))):
        path = tmp_path / f"{order}.aiff"
        with AudioFile(path, "w", format=PCM(RATE, 2, 16, big_endian=order)) as f:
            assert f.write(data.tobytes()) == 100
            assert f.format.is_big_endian
        np.testing.assert_array_equal(sf.read(path, dtype="int16")[0], sound)


def test_incomplete_formats_are_completed(tmp_path: Path) -> None:
    wanted = AudioFormat(44100.0, "lpcm", channels_per_frame=2, bits_per_channel=16)
    with AudioFile(tmp_path / "a.wav", "w", format=wanted) as f:
        f.write(np.zeros((5, 2), "int16"))
        assert f.format == PCM(44100, 2, 16)
    assert wanted.bytes_per_frame == wanted.format_flags == 0
    assert sf.info(tmp_path / "a.wav").frames == 5


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (np.zeros((5, 3), "float32"), ValueError),
        (np.zeros(6, "float32"), ValueError),
        (np.zeros((5, 2), "float16"), TypeError),
        (np.zeros((5, 2), "int64"), TypeError),
        (np.zeros((5, 2), "complex64"), TypeError),
        (np.zeros((5, 2), ">i2"), TypeError),
        (np.zeros((5, 2), "uint8"), TypeError),
        (b"12345", ValueError),
        ("text", TypeError),
        (None, TypeError),
        ([[0.0, 0.0]], TypeError),
        (3.0, TypeError),
    ],
)
def test_refused_data(tmp_path: Path, data: Any, error: type[Exception]) -> None:
    with AudioFile(tmp_path / "a.wav", "w", format=PCM(8000, 2, 16)) as f:
        with pytest.raises(error):
            f.write(data)
        f.write(np.zeros((1, 2), "int16"))
    assert sf.info(tmp_path / "a.wav").frames == 1


# ---- encoders


@needs_ffmpeg
@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize(
    ("name", "make"), [("a.flac", AudioFormat.flac), ("a.m4a", AudioFormat.alac), ("a.caf", AudioFormat.alac)]
)
def test_lossless(tmp_path: Path, name: str, make: Any, bits: int) -> None:
    sound = (music(20000) * 2**31).astype("int32") >> (32 - bits) << (32 - bits)
    path = tmp_path / name
    with AudioFile(path, "w", format=make(RATE, 2, bits)) as f:
        for at in range(0, 20000, 3333):
            f.write(sound[at : at + 3333])
    theirs = decode_with_ffmpeg(path, 2)
    np.testing.assert_array_equal(np.round(theirs * 2.0 ** (bits - 1)), sound >> (32 - bits))
    np.testing.assert_array_equal(AudioFile(path).read(dtype="int32"), sound)
    assert AudioFile(path).source_bit_depth == bits


@needs_ffmpeg
@needs_ffprobe
@pytest.mark.parametrize(
    ("name", "make", "codec", "rate"),
    [
        ("a.m4a", AudioFormat.aac, "aac", RATE),
        ("a.ogg", AudioFormat.vorbis, "vorbis", RATE),
        ("a.opus", AudioFormat.opus, "opus", 48000),
        ("a.mp3", AudioFormat.mp3, "mp3", RATE),
    ],
)
def test_lossy(tmp_path: Path, name: str, make: Any, codec: str, rate: int) -> None:
    sound = music(2 * rate, rate=rate).astype("float32")
    path = tmp_path / name
    with AudioFile(path, "w", format=make(rate, 2), bit_rate=128000) as f:
        f.write(sound)
    assert probe(path, "stream=codec_name").splitlines()[0] == codec
    ours = AudioFile(path).read()
    assert ours.shape == sound.shape
    error = np.sqrt(np.mean((ours - sound)[2000:-2000] ** 2))
    assert error < 0.03, "the frames are not in place"


@needs_ffmpeg
def test_bit_rate_and_quality(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((3 * RATE, 2)).astype("float32") * 0.2
    sizes = {}
    for bit_rate in (64000, 192000):
        path = tmp_path / f"{bit_rate}.m4a"
        with AudioFile(path, "w", format=AudioFormat.aac(RATE, 2), bit_rate=bit_rate) as f:
            f.write(noise)
        sizes[bit_rate] = path.stat().st_size
        assert abs(AudioFile(path).bit_rate / bit_rate - 1) < 0.25
    assert sizes[192000] > 2 * sizes[64000]
    with AudioFile(tmp_path / "q.flac", "w", format=AudioFormat.flac(RATE, 2), quality=0) as f:
        f.write(noise)


def test_encoder_takes_one_type(tmp_path: Path) -> None:
    with AudioFile(tmp_path / "a.flac", "w", format=AudioFormat.flac(8000, 1)) as f:
        f.write(np.zeros(10, "int16"))
        with pytest.raises(ValueError, match="type"):
            f.write(np.zeros(10, "float32"))
        with pytest.raises(TypeError):
            f.write(b"\0\0")
        f.write(np.zeros(10, "int16"))
    assert sf.info(tmp_path / "a.flac").frames == 20


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({}, TypeError),
        ({"format": 5}, TypeError),
        ({"format": PCM(), "bit_rate": 128000}, ValueError),
        ({"format": AudioFormat.aac(), "bit_rate": -1}, ValueError),
        ({"format": AudioFormat.aac(), "quality": 128}, ValueError),
        ({"format": AudioFormat.aac(), "quality": "high"}, TypeError),
        ({"format": PCM(), "file_type": "longer"}, ValueError),
        ({"format": AudioFormat(44100, "toolong")}, ValueError),
        ({"format": AudioFormat(44100, "lpcm", channels_per_frame=-1)}, ValueError),
        ({"format": AudioFormat("fast", "lpcm")}, TypeError),  # type: ignore[arg-type]
    ],
)
def test_arguments_for_a_new_file(tmp_path: Path, keywords: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        AudioFile(tmp_path / "a.wav", "w", **keywords)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keywords", [{"format": PCM()}, {"bit_rate": 1}, {"quality": 1}])
def test_arguments_that_only_a_new_file_has(tmp_path: Path, keywords: dict[str, Any]) -> None:
    for mode in ("r", "r+"):
        with pytest.raises(ValueError):
            AudioFile(tmp_path / "a.wav", mode, **keywords)
    with pytest.raises(ValueError, match="mode"):
        AudioFile(tmp_path / "a.wav", "rb")


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("noextension", PCM()),
        ("a.xyz", PCM()),
        ("a.wav", AudioFormat.alac()),
        ("a.flac", AudioFormat.aac()),
        ("a.wav", PCM(44100, 0)),
        ("a.wav", PCM(-5.0)),
        ("missing/a.wav", PCM()),
    ],
)
def test_files_that_cannot_be_made(tmp_path: Path, name: str, format: AudioFormat) -> None:
    f = AudioFile(tmp_path / name, "w", format=format)
    with pytest.raises(AudioFileError, match="create file"):
        f.open()
    assert list(tmp_path.iterdir()) == []


def test_file_type_argument(tmp_path: Path) -> None:
    for kind in ("caff", 0x63616666):
        with AudioFile(tmp_path / "a.bin", "w", format=PCM(), file_type=kind) as f:
            f.write(np.zeros((3, 2), "float32"))
            assert f.file_type == "caff"
        assert sf.info(tmp_path / "a.bin").format == "CAF"


# ---- the old file


def test_the_old_file_stays_until_close(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"precious")
    f = AudioFile(path, "w", format=PCM(8000, 1))
    f.write(np.zeros(100, "int16"))
    assert path.read_bytes() == b"precious"
    f.close()
    assert sf.info(path).frames == 100
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("old", [None, b"precious"])
def test_an_exception_gives_the_file_up(tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "a.wav"
    if old:
        path.write_bytes(old)
    with pytest.raises(ZeroDivisionError), AudioFile(path, "w", format=PCM(8000, 1)) as f:
        f.write(np.zeros(100, "int16"))
        raise ZeroDivisionError
    assert f.is_disposed
    assert (path.read_bytes() if path.exists() else None) == old
    assert [p.name for p in tmp_path.iterdir()] == (["a.wav"] if old else [])


def test_an_exception_gives_changes_up(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 100)
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError), AudioFile(path, "r+") as f:
        f.metadata = {"title": "new"}
        f.write_packets(bytes(400))
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("format", [PCM(8000, 1), AudioFormat.flac(8000, 1)])
def test_a_forgotten_file_is_discarded(tmp_path: Path, format: AudioFormat) -> None:
    path = tmp_path / ("a.wav" if format.is_pcm else "a.flac")
    path.write_bytes(b"precious")
    f = AudioFile(path, "w", format=format)
    f.write(np.zeros(100, "int16"))
    with pytest.warns(ResourceWarning, match=r"a\.\w+, open\) was not closed"):
        del f
        gc.collect()
    assert path.read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_no_warning_for_files_that_are_read(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AudioFile(path).read()
        AudioFile(path, "w", format=PCM())  # never opened
        gc.collect()
    assert sf.info(path).frames == 100


def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"precious")
    code = f"""
        import numpy, time, coremusic as cm
        f = cm.AudioFile({str(path)!r}, "w", format=cm.AudioFormat.pcm(8000, 1))
        while True:
            f.write(numpy.zeros(10000, "int16")); print("x", flush=True); time.sleep(0.01)
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert path.read_bytes() == b"precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            if self.tell() > 100_000:
                raise OSError(28, "No space left on device")
            return super().write(data)

    f = AudioFile(Full(), "w", format=PCM(8000, 1), file_type="WAVE")
    with pytest.raises(OSError, match="No space left"):
        f.write(np.zeros(10**6, "int16"))
    f.dispose()


def test_permissions(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 100)
    with AudioFile(path) as f:
        for change in (
            lambda: f.write(np.zeros((1, 2), "int16")),
            lambda: f.write_packets(bytes(4)),
            lambda: setattr(f, "metadata", {"title": "x"}),
            lambda: setattr(f, "markers", [(1, "x")]),
            lambda: f.set_user_data("abcd", b"x"),
            lambda: f.optimize(),
        ):
            with pytest.raises(AudioFileError):
                change()
    with AudioFile(path, "r+") as f, pytest.raises(AudioFileError):
        f.write(np.zeros((1, 2), "int16"))
    with AudioFile(tmp_path / "b.wav", "w", format=PCM()) as f:
        for use in (
            f.read,
            f.read_as_numpy,
            f.read_frames,
            lambda: f.read_packets(0, 1),
            f.blocks,
            lambda: f.seek(0),
        ):
            with pytest.raises(AudioFileError):
                use()


# ---- packets


def test_packets_appended_and_replaced(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 100, 1)
    with AudioFile(path, "r+") as f:
        assert f.read(1, "int16").shape == (1, 1)
        assert f.write_packets(np.array([5, 6], "int16").tobytes(), start=10) == 2
        assert f.write_packets(np.array([7], "int16").tobytes()) == 1
        assert f.frame_count == f.packet_count == 101
        assert f.read(2, "int16", start=10).tolist() == [[5], [6]]
    sound = sf.read(path, dtype="int16")[0]
    assert len(sound) == 101
    assert sound[[10, 11, 100]].tolist() == [5, 6, 7]


@needs_ffmpeg
@pytest.mark.parametrize(("source", "target"), [("a.mp3", "b.mp3"), ("a.m4a", "b.m4a"), ("a.m4a", "b.caf")])
def test_packets_copied_without_decoding(tmp_path: Path, source: str, target: str) -> None:
    pcm = write_pcm(tmp_path, "s16.wav", RATE)
    run("ffmpeg", "-v", "error", "-i", pcm, tmp_path / source)
    with AudioFile(tmp_path / source) as old, AudioFile(tmp_path / target, "w", format=old.format) as new:
        data, packets = old.read_packet_data()
        for id in ("mgic", "pnfo"):
            try:
                new.set_property(id, old.get_property(id))
            except AudioFileError:
                continue
        assert new.write_packets(data, packets) == len(packets)
    assert AudioFile(tmp_path / target).read_packet_data()[0] == data
    theirs = decode_with_ffmpeg(tmp_path / target, 2)
    assert len(theirs) >= RATE
    assert 0.2 < np.sqrt(np.mean(theirs[5000:-5000] ** 2)) < 0.25


@pytest.mark.parametrize(
    ("data", "packets"),
    [
        (bytes(3), None),
        (bytes(8), [(0, 9)]),
        (bytes(8), [(-1, 4)]),
        (bytes(8), [(5, 4)]),
        (bytes(8), [(2**62, 4)]),
        (bytes(8), [(0,)]),
        (bytes(8), [(0, 1, 2, 3)]),
        (bytes(8), [(0, -1)]),
    ],
)
def test_packets_that_do_not_fit(tmp_path: Path, data: bytes, packets: Any) -> None:
    with AudioFile(tmp_path / "a.wav", "w", format=PCM()) as f:
        with pytest.raises(ValueError):
            f.write_packets(data, packets)
        with pytest.raises(TypeError):
            f.write_packets(data, 5)  # type: ignore[arg-type]


def test_frames_and_packets_do_not_mix(tmp_path: Path) -> None:
    with AudioFile(tmp_path / "a.wav", "w", format=PCM()) as f:
        f.write_packets(bytes(8))
        assert f.frame_count == 2
        with pytest.raises(ValueError, match="not by both"):
            f.write(np.zeros((1, 2), "int16"))
    with AudioFile(tmp_path / "b.wav", "w", format=PCM()) as f:
        f.write(np.zeros((1, 2), "int16"))
        with pytest.raises(ValueError, match="not by both"):
            f.write_packets(bytes(8))


# ---- metadata


INFO = {"title": "Ärger — 愛", "artist": "somebody", "album": "x" * 300, "year": "1999", "comments": "a\nb"}
KEEPERS = ["a.wav", "a.aiff", "a.caf", "a.flac", "a.m4a", "a.mp3", "a.ogg"]


def empty_file(path: Path) -> Path:
    """A second of sound in the usual format of its type."""
    make = {
        ".flac": AudioFormat.flac,
        ".m4a": AudioFormat.aac,
        ".mp3": AudioFormat.mp3,
        ".ogg": AudioFormat.vorbis,
    }
    with AudioFile(path, "w", format=make.get(path.suffix, PCM)(RATE, 2)) as f:
        f.write(music(RATE).astype("float32"))
    return path


@needs_ffprobe
@pytest.mark.parametrize("name", KEEPERS)
def test_ffprobe_reads_our_metadata(tmp_path: Path, name: str) -> None:
    path = empty_file(tmp_path / name)
    before = AudioFile(path).read()
    with AudioFile(path, "r+") as f:
        f.metadata = INFO
    metadata = AudioFile(path).metadata
    assert {k: metadata.get(k) for k in INFO} == INFO
    np.testing.assert_array_equal(AudioFile(path).read(), before)
    shown = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path))
    tags = shown["format"].get("tags", {}) | shown["streams"][0].get("tags", {})
    tags = {k.lower(): v for k, v in tags.items()}
    if name != "a.aiff":  # FFmpeg reads other text chunks of AIFF
        assert tags["title"] == INFO["title"]
        assert tags["artist"] == INFO["artist"]


def test_metadata_none_is_no_text(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav")
    with AudioFile(path, "r+") as f:
        f.metadata = {"title": "kept", "tempo": 120}
        with pytest.raises(TypeError, match="'artist'.*None"):
            f.metadata = {"title": "new", "artist": None}
    assert AudioFile(path).metadata.items() >= {"title": "kept", "tempo": "120"}.items()


@pytest.mark.parametrize("name", KEEPERS)
def test_metadata_is_replaced_as_a_whole(tmp_path: Path, name: str) -> None:
    path = empty_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.metadata = INFO
    with AudioFile(path, "r+") as f:
        changed = f.metadata
        del changed["artist"]
        changed["title"] = "new"
        f.metadata = changed
        assert f.metadata["title"] == "new"
    metadata = AudioFile(path).metadata
    assert metadata["title"] == "new"
    assert metadata["album"] == INFO["album"]
    assert "artist" not in metadata
    with AudioFile(path, "r+") as f:
        f.metadata = {}
    assert not set(AudioFile(path).metadata) & set(INFO)


def test_metadata_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with AudioFile(path, "w", format=PCM(8000, 1)) as f:
        f.metadata = {"title": "early"}
        f.write(np.zeros(10, "int16"))
        f.metadata = {"title": "late", "year": 1999}  # numbers are told as text
    with sf.SoundFile(path) as peer:
        assert peer.title == "late"
        assert len(peer) == 10
    assert AudioFile(path).metadata["year"] == "1999"


@pytest.mark.parametrize("bad", [None, 5, "text", [("title", "x")], {5: "x"}, {"a": object}])
def test_metadata_that_is_none(tmp_path: Path, bad: Any) -> None:
    path = write_pcm(tmp_path, "s16.wav", 10)
    with AudioFile(path, "r+") as f:
        if bad == {"a": object}:
            f.metadata = bad
            return
        with pytest.raises(TypeError):
            f.metadata = bad
        with pytest.raises(AttributeError):
            del f.metadata


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.m4a", "a.ogg"])
def test_artwork(tmp_path: Path, name: str) -> None:
    path = empty_file(tmp_path / name)
    assert AudioFile(path).artwork is None
    with AudioFile(path, "r+") as f:
        f.artwork = PNG
    assert AudioFile(path).artwork == PNG
    assert "png" in probe(path, "stream=codec_name")
    with AudioFile(path, "r+") as f:
        f.artwork = None
    assert AudioFile(path).artwork is None
    with AudioFile(path, "r+") as f, pytest.raises(TypeError):
        f.artwork = "cover.png"  # type: ignore[assignment]


# ---- markers and regions


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.caf"])
def test_markers(tmp_path: Path, name: str) -> None:
    path = empty_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.markers = [(100, "verse"), AudioMarker(2000, "chorus ü", 7), (3000,)]
    markers = AudioFile(path).markers
    assert [(m.frame, m.name) for m in markers] == [(100, "verse"), (2000, "chorus ü"), (3000, "")]
    assert all(isinstance(m, AudioMarker) for m in markers)
    assert len({m.id for m in markers}) == 3
    with AudioFile(path, "r+") as f:
        f.markers = f.markers[1:2]
    assert [m.name for m in AudioFile(path).markers] == ["chorus ü"]
    with AudioFile(path, "r+") as f:
        f.markers = []
    assert AudioFile(path).markers == []


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([()], ValueError),
        ([(1, "a", 2, 3, 4, 5)], ValueError),
        ([(-1, "a")], ValueError),
        ([(float("nan"), "a")], ValueError),
        ([(1, 5)], TypeError),
        ([("1", "a")], TypeError),
        ([(1, "a", 0, 0, 70000)], ValueError),
        ([(1, "a\0b")], ValueError),
        ([5], TypeError),
        (5, TypeError),
        (None, TypeError),
    ],
)
def test_markers_that_are_none(tmp_path: Path, bad: Any, error: type[Exception]) -> None:
    path = write_pcm(tmp_path, "s16.wav", 10)
    with AudioFile(path, "r+") as f:
        f.markers = [(1, "kept")]
        with pytest.raises(error):
            f.markers = bad
        assert [m.name for m in f.markers] == ["kept"]


def test_regions(tmp_path: Path) -> None:
    path = empty_file(tmp_path / "a.caf")
    region = AudioRegion(3, "loop", 3, (AudioMarker(100, "from", 1), AudioMarker(900, "to", 2)))
    with AudioFile(path, "r+") as f:
        f.regions = [region, (4, "other", 0, [(5,)])]
    first, second = AudioFile(path).regions
    assert (first.id, first.name, first.flags) == (3, "loop", 3)
    assert [m.frame for m in first.markers] == [100, 900]
    assert second.name == "other"
    with AudioFile(path, "r+") as f:
        for bad, error in (([(1, "x", 0, 5)], TypeError), ([()], ValueError), ([(1, 2)], TypeError)):
            with pytest.raises(error):
                f.regions = bad


# ---- layout, chunks


def test_channel_layout(tmp_path: Path) -> None:
    path = tmp_path / "a.caf"
    five_one = (121 << 16) | 6  # kAudioChannelLayoutTag_MPEG_5_1_A: L R C LFE Ls Rs
    with AudioFile(path, "w", format=PCM(8000, 6)) as f:
        f.channel_layout = five_one
        f.write(np.zeros((10, 6), "int16"))
    layout = AudioFile(path).channel_layout
    assert layout is not None
    assert layout[1] == [1, 2, 3, 4, 5, 6]
    with AudioFile(path, "r+") as f:
        f.channel_layout = [1, 2, 3, 4, 5, 6]
        f.channel_layout = layout
        for bad in (None, "left", 1.5, [1, "x"]):
            with pytest.raises(TypeError):
                f.channel_layout = bad  # type: ignore[assignment]
        with pytest.raises(AudioFileError):
            f.channel_layout = [1, 2]
    assert AudioFile(path).channel_layout == layout


@needs_ffprobe
def test_ffprobe_knows_our_layout(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with AudioFile(path, "w", format=PCM(48000, 6)) as f:
        f.channel_layout = (121 << 16) | 6
        f.write(np.zeros((10, 6), "int16"))
    assert probe(path, "stream=channel_layout").startswith("5.1")


@pytest.mark.parametrize("name", ["a.wav", "a.aiff"])
def test_chunks(tmp_path: Path, name: str) -> None:
    path = empty_file(tmp_path / name)
    with AudioFile(path, "r+") as f:
        f.set_user_data("Xtra", b"some bytes")
        f.set_user_data("Xtra", b"others", 1)
        assert "Xtra" in f.chunk_ids
    before = sf.read(path, dtype="int16")[0]
    with AudioFile(path, "r+") as f:
        assert f.user_data("Xtra") == b"some bytes"
        assert f.user_data(int.from_bytes(b"Xtra", "big"), 1) == b"others"
        with pytest.raises(AudioFileError):
            f.user_data("Xtra", 2)
        f.remove_user_data("Xtra")
        f.optimize()
    with AudioFile(path) as f:
        assert f.user_data("Xtra") == b"others"
    np.testing.assert_array_equal(sf.read(path, dtype="int16")[0], before)


def test_properties_whose_value_is_an_address(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 10)
    with AudioFile(path, "r+") as f:
        for id in ("info", "mkls", "rgls", "aart"):
            with pytest.raises(ValueError, match="address"):
                f.set_property(id, bytes(8))
        with pytest.raises(AudioFileError):
            f.set_property("????", b"")
        with pytest.raises(TypeError):
            f.set_property("dszu", "text")  # type: ignore[arg-type]


# ---- other programs


@needs_sox
@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.au", "a.flac"])
def test_sox_reads_what_we_write(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    sound = (music(5000) * 32767).astype("int16")
    with AudioFile(
        path, "w", format=AudioFormat.flac(RATE, 2) if name.endswith("flac") else PCM(RATE, 2)
    ) as f:
        f.write(sound)
    raw = subprocess.run(
        ["sox", os.fspath(path), "-t", "raw", "-e", "signed", "-b", "16", "-L", "-"],
        check=True,
        capture_output=True,
    ).stdout
    np.testing.assert_array_equal(np.frombuffer(raw, "<i2").reshape(-1, 2), sound)


@pytest.mark.parametrize("extension", ["wav", "flac", "m4a", "ogg", "mp3", "caf"])
@pytest.mark.parametrize("ended", ["collected", "closed", "written"])
def test_a_child_of_fork_leaves_the_parents_file_alone(tmp_path: Path, extension: str, ended: str) -> None:
    """As with a pool of processes that is begun while a file is being written."""
    code = f"""
import gc, os, sys
import numpy as np
from coremusic import AudioFile, AudioFileError, AudioFormat
make = dict(wav="pcm", caf="pcm", flac="flac", m4a="aac", ogg="vorbis", mp3="mp3")["{extension}"]
f = AudioFile("a.{extension}", "w", format=getattr(AudioFormat, make)(44100, 2))
sound = np.random.default_rng(1).uniform(-0.5, 0.5, (30000, 2)).astype("f4")
f.write(sound[:20000])
child = os.fork()
if child == 0:
    try:
        f.write(sound) if "{ended}" == "written" else f.close() if "{ended}" == "closed" else None
    except AudioFileError as error:
        assert error.status_code == 0x70726D3F, error  # 'prm?'
    del f
    gc.collect()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
f.write(sound[20000:])
f.close()
with AudioFile("a.{extension}") as f:
    assert f.frame_count == 30000
"""
    package = str(Path(coremusic.__file__).resolve().parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{extension}"]
    if extension != "m4a":  # which libsndfile does not read
        assert len(sf.read(tmp_path / f"a.{extension}")[0]) == 30000
