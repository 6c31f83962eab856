"""AudioFile for reading, against libsndfile, wave and FFmpeg."""

from __future__ import annotations

import array
import inspect
import struct
import subprocess
import sys
import wave
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
    ffmpeg,
    music,
    needs_ffmpeg,
    needs_ffprobe,
    probe,
    run,
    write_pcm,
)

import coremusic as cm
from coremusic import AudioFile, AudioFileError, AudioFormat


@pytest.fixture(scope="module")
def pcm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pcm")
    return {name: write_pcm(folder, name) for name in PCM_FILES}


# ---- linear PCM


@pytest.mark.parametrize(
    "dtype", ["f4", "<f4", "single", np.float32, "double", float, "i2", np.dtype("<i2"), "short", "=i4"]
)
def test_read_takes_numpys_names_of_types(pcm: dict[str, Path], dtype: Any) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        ours = f.read(10, dtype)
    assert ours.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(ours, sf.read(pcm["s16.wav"], 10, dtype=np.dtype(dtype).name)[0])


@pytest.mark.parametrize("dtype", [">f4", np.dtype(">i2"), "f2", int, "", "no type", None, b"i2", object])
def test_read_refuses_other_types(pcm: dict[str, Path], dtype: Any) -> None:
    with (
        AudioFile(pcm["s16.wav"]) as f,
        pytest.raises(ValueError, match="dtype must be float32, float64, int16"),
    ):
        f.read(10, dtype)


@pytest.mark.parametrize("name", PCM_FILES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32"])
def test_read_agrees_with_libsndfile(pcm: dict[str, Path], name: str, dtype: str) -> None:
    with AudioFile(pcm[name]) as f:
        ours = f.read(dtype=dtype)
    kept = PCM_FILES[name][2]
    assert ours.shape == (10000, 2)
    assert ours.dtype == dtype
    assert ours.flags.c_contiguous
    assert ours.flags.owndata
    if dtype.startswith("int") and isinstance(kept, str):  # libsndfile does not scale floats to integers
        full = 2.0 ** (np.dtype(dtype).itemsize * 8 - 1)
        assert np.abs(ours - sf.read(pcm[name], dtype="float64")[0] * full).max() <= (
            1 if dtype == "int16" else 128
        )
        return
    theirs, rate = sf.read(pcm[name], dtype=dtype, always_2d=True)
    assert rate == RATE
    if dtype == "int16" and kept in (24, 32):  # libsndfile truncates where we round
        assert np.abs(ours.astype(int) - theirs).max() <= 1
    else:
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", PCM_FILES)
def test_read_as_numpy_gives_the_values_of_the_file(pcm: dict[str, Path], name: str) -> None:
    kept = PCM_FILES[name][2]
    with AudioFile(pcm[name]) as f:
        ours, expected_type = f.read_as_numpy(), f.format.to_numpy_dtype()
        assert f.read_frames_numpy().dtype == ours.dtype
    assert ours.dtype == expected_type
    if isinstance(kept, str):
        np.testing.assert_array_equal(ours, sf.read(pcm[name], dtype="float64")[0].astype(kept))
        return
    values = sf.read(pcm[name], dtype="int32")[0] >> (32 - kept)
    if ours.dtype == np.uint8:
        values = values + 128
    np.testing.assert_array_equal(ours, values)


def test_read_as_numpy_shapes(tmp_path: Path) -> None:
    for channels, shape in ((1, (100,)), (2, (100, 2)), (6, (100, 6))):
        path = write_pcm(tmp_path, "s16.wav", 100, channels)
        assert AudioFile(path).read_as_numpy().shape == shape
        assert AudioFile(path).read_frames_numpy(dtype="float32").shape == shape
        assert AudioFile(path).read().shape == (100, channels)
    f = AudioFile(path)
    assert f.read_as_numpy(90, 100).shape == (10, 6)
    assert f.read_as_numpy(100).shape == (0, 6)
    assert f.read_as_numpy(10**15, 5).shape == (0, 6)


def test_read_packets_are_the_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as w:
        w.setparams((2, 2, 8000, 0, "NONE", ""))
        w.writeframes(bytes(range(200)))
    with AudioFile(str(path)) as f:
        assert f.read_packets(0, 50) == (bytes(range(200)), 50)
        assert f.read_packets(48, 10) == (bytes(range(192, 200)), 2)
        assert f.read_packets(50, 10) == (b"", 0)
        assert f.read_packets(10**12, 999_999_999) == (b"", 0)
        assert f.read_packets(1, 0) == (b"", 0)
        assert f.read_packets(0, 999_999_999)[1] == 50
        assert f.read_frames() == bytes(range(200))
        assert f.read_frames(49, 7) == bytes(range(196, 200))
        assert f.read_frames(1000) == b""
        data, packets = f.read_packet_data(10, 2)
        assert (data, packets) == (bytes(range(40, 48)), [(0, 4, 0), (4, 4, 0)])


def test_facts_agree_with_wave_and_ffprobe(pcm: dict[str, Path]) -> None:
    f = AudioFile(pcm["s24.wav"])
    with wave.open(str(pcm["s24.wav"])) as w:
        assert (f.channels, f.frame_count, f.sample_rate) == (
            w.getnchannels(),
            w.getnframes(),
            w.getframerate(),
        )
    assert f.num_channels == 2
    assert f.packet_count == 10000
    assert f.duration == pytest.approx(10000 / RATE)
    assert f.source_bit_depth == 24
    assert f.bit_rate == 24 * 2 * RATE
    assert f.file_type == "WAVE"
    assert f.format == AudioFormat.pcm(RATE, 2, 24)
    assert f.format is f.format
    assert f.path == pcm["s24.wav"]
    assert f.mode == "r"
    assert f.packet_table is None
    assert f.get_property("ffmt") == struct.pack("=I", 0x57415645)
    assert struct.unpack("=d8L", f.get_property(0x64666D74))[0] == RATE  # 'dfmt'


# ---- places


def test_position(pcm: dict[str, Path]) -> None:
    everything = sf.read(pcm["s16.wav"], dtype="float32")[0]
    with AudioFile(pcm["s16.wav"]) as f:
        assert f.tell() == 0
        np.testing.assert_array_equal(f.read(10), everything[:10])
        assert f.tell() == 10
        np.testing.assert_array_equal(f.read(10, "float32"), everything[10:20])
        assert f.seek(9995) == 9995
        assert f.read(10).shape == (5, 2)
        assert f.read(10).shape == (0, 2)
        assert f.read().shape == (0, 2)
        np.testing.assert_array_equal(f.read(3, start=100), everything[100:103])
        assert f.tell() == 103
        np.testing.assert_array_equal(f.read_frames_numpy(0, 5, "float32"), everything[:5])
        assert f.tell() == 103
        np.testing.assert_array_equal(f.read(start=9999), everything[9999:])
        f.seek(10**15)
        assert f.read().shape == (0, 2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_slice_of_any_type(pcm: dict[str, Path], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PCM_FILES)))
    start = data.draw(st.integers(0, 11000))
    count = data.draw(st.integers(-1, 11000))
    with AudioFile(pcm[name]) as f:
        ours = f.read(count, "float64", start=start)
    stop = None if count < 0 else start + count
    np.testing.assert_array_equal(ours, sf.read(pcm[name], dtype="float64", always_2d=True)[0][start:stop])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 12000), overlap=st.integers(0, 3000), start=st.integers(0, 10500))
def test_blocks_are_libsndfiles_blocks(pcm: dict[str, Path], size: int, overlap: int, start: int) -> None:
    overlap = min(overlap, size - 1)
    if size - overlap < 8:
        overlap = max(0, size - 8)
    with AudioFile(pcm["s16.wav"]) as f, sf.SoundFile(pcm["s16.wav"]) as peer:
        f.seek(start)
        ours = list(f.blocks(size, "int16", overlap))
        assert f.tell() == start, "the iterator has a place of its own"
        sound = peer.read(dtype="int16", always_2d=True)
    expected = []
    at = start
    while at < len(sound):
        expected.append(sound[at : at + size])
        if at + size >= len(sound):
            break
        at += size - overlap
    assert len(ours) == len(expected)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_iteration(pcm: dict[str, Path]) -> None:
    with AudioFile(pcm["f32.wav"]) as f:
        blocks = list(f)
        assert sum(map(len, blocks)) == 10000
        assert blocks[0].dtype == np.float32
        iterator = f.blocks(3000)
        first = next(iterator)
        f.seek(77)  # has its own place
        second = next(iterator)
    np.testing.assert_array_equal(
        np.concatenate([first, second]), sf.read(pcm["f32.wav"], dtype="float32")[0][:6000]
    )
    with pytest.raises(RuntimeError, match="disposed"):
        next(iterator)
    with pytest.raises(StopIteration):
        next(iterator)


@pytest.mark.parametrize(
    "bad", [(0, "float32", 0), (-1, "float32", 0), (5, "float32", 5), (5, "float32", -1)]
)
def test_blocks_refuse(pcm: dict[str, Path], bad: tuple[int, str, int]) -> None:
    with AudioFile(pcm["s16.wav"]) as f, pytest.raises(ValueError):
        f.blocks(*bad)


# ---- out=


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "int32"])
def test_read_into_an_array(pcm: dict[str, Path], dtype: str) -> None:
    out = np.zeros((400, 2), dtype)
    with AudioFile(pcm["s16.wav"]) as f:
        got = f.read(out=out)
        assert got.base is out
        np.testing.assert_array_equal(got, sf.read(pcm["s16.wav"], dtype=dtype)[0][:400])
        assert f.tell() == 400
        assert f.read(10, dtype, start=9995, out=out).shape == (5, 2)
        assert f.read(10, out=out, start=10000).shape == (0, 2)
        assert f.read(7, out=out, start=0).shape == (7, 2)


def test_read_into_other_buffers(tmp_path: Path) -> None:
    path = write_pcm(tmp_path, "s16.wav", 50, 1)
    expected = sf.read(path, dtype="float32")[0]
    samples = array.array("f", bytes(4 * 80))
    with AudioFile(path) as f:
        got = f.read(out=samples)
        assert isinstance(got, memoryview)
        assert len(got) == 50
    np.testing.assert_array_equal(np.frombuffer(samples, "f4")[:50], expected)
    raw = bytearray(4 * 30)
    with AudioFile(path) as f:
        f.read(out=memoryview(raw).cast("f"))
    np.testing.assert_array_equal(np.frombuffer(raw, "f4"), expected[:30])


@pytest.mark.parametrize(
    ("out", "error"),
    [
        (np.zeros((10, 3), "float32"), ValueError),
        (np.zeros(10, "float32"), ValueError),
        (np.zeros((10, 2), "int8"), TypeError),
        (np.zeros((10, 2), ">f4"), TypeError),
        (np.zeros((2, 10), "float32").T, ValueError),
        (np.zeros((10, 2, 1), "float32"), ValueError),
        (np.broadcast_to(np.float32(0), (10, 2)), ValueError),
        (b"0123456789", BufferError),
        ([0.0] * 10, TypeError),
        (5, TypeError),
    ],
)
def test_read_into_what_does_not_fit(pcm: dict[str, Path], out: Any, error: type[Exception]) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        with pytest.raises(error):
            f.read(out=out)
        assert f.read(3).shape == (3, 2)


def test_dtype_of_out_must_agree(pcm: dict[str, Path]) -> None:
    with AudioFile(pcm["s16.wav"]) as f, pytest.raises(ValueError, match="int16"):
        f.read(10, "int16", out=np.zeros((10, 2), "float32"))


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), "float32", np.dtype("=f4")])
def test_dtype_spellings(pcm: dict[str, Path], dtype: Any) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        assert f.read(4, dtype).dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "uint8", np.int64, np.dtype(">f4"), 5, None, object(), ""])
def test_dtype_refused(pcm: dict[str, Path], dtype: Any) -> None:
    with AudioFile(pcm["s16.wav"]) as f, pytest.raises(ValueError, match="float32, float64, int16 or int32"):
        f.read(4, dtype)


# ---- compressed files


LOSSLESS = {"a.flac": (), "a.m4a": ("-c:a", "alac")}
LOSSY = {
    "a.ogg": ("-c:a", "libvorbis"),
    "a.opus": ("-c:a", "libopus", "-ar", "48000"),
    "a.mp3": ("-c:a", "libmp3lame"),
    "aac.m4a": ("-c:a", "aac", "-aac_pns", "0"),  # no noise that decoders make up
    "a.ac3": ("-c:a", "ac3"),
}


@pytest.fixture(scope="module")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("compressed")
    source = write_pcm(folder, "s16.wav", 3 * RATE)
    files = {name: ffmpeg(source, folder / name, *how) for name, how in (LOSSLESS | LOSSY).items()}
    return files | {"source": source}


@needs_ffmpeg
@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_give_the_very_samples(compressed: dict[str, Path], name: str) -> None:
    expected = sf.read(compressed["source"], dtype="int16")[0]
    with AudioFile(compressed[name]) as f:
        assert f.frame_count == 3 * RATE
        np.testing.assert_array_equal(f.read(dtype="int16"), expected)
        np.testing.assert_array_equal(f.read(1000, "int16", start=77777), expected[77777:78777])
        assert f.read_frames(5, 2) == (expected[5:7] / 32768).astype("float32").tobytes()


@needs_ffmpeg
@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_agree_with_ffmpeg(compressed: dict[str, Path], name: str) -> None:
    theirs = decode_with_ffmpeg(compressed[name], 2)
    with AudioFile(compressed[name]) as f:
        ours = f.read()
        assert f.frame_count == len(ours)
        part = f.read(2000, start=60000)
    trailing = 820 if name == "aac.m4a" else 0  # FFmpeg's tool leaves the encoder's filler at the end
    assert len(theirs) - len(ours) == trailing
    assert np.abs(ours - theirs[: len(ours)]).max() < 1e-4
    # Decoders of AC-3 fill silent bands with noise, which is another one after a seek.
    assert np.abs(part - theirs[60000:62000]).max() < (0.05 if name == "a.ac3" else 1e-3)


@needs_ffmpeg
@needs_ffprobe
@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "aac.m4a"])
def test_lossy_files_are_gapless(compressed: dict[str, Path], name: str) -> None:
    with AudioFile(compressed[name]) as f:
        assert f.frame_count == pytest.approx(3 * f.sample_rate, abs=1)
        assert f.duration == pytest.approx(3.0, abs=1e-3)
        assert str(round(f.sample_rate)) == probe(compressed[name], "stream=sample_rate")


@needs_ffmpeg
def test_packets_of_compressed_files(compressed: dict[str, Path]) -> None:
    with AudioFile(compressed["a.mp3"]) as f:
        data, packets = f.read_packet_data()
        assert len(packets) == f.packet_count
        assert sum(size for _, size, _ in packets) == len(data)
        assert all(data[at] == 0xFF for at, _, _ in packets)
        assert f.read_packets(0, 10**9) == (data, len(packets))
        with pytest.raises(AudioFileError, match="NumPy"):
            f.read_as_numpy()


# ---- metadata that other programs wrote


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.m4a", "a.wav", "a.aiff"])
def test_metadata_of_ffmpegs_files(tmp_path: Path, name: str) -> None:
    source = write_pcm(tmp_path, "s16.wav", 5000)
    path = tmp_path / name
    tags = ["-metadata", "title=Nürnberg", "-metadata", "artist=A & B"]
    run("ffmpeg", "-v", "error", "-y", "-i", source, *tags, "-write_id3v2", "1", path) if name.endswith(
        "aiff"
    ) else run("ffmpeg", "-v", "error", "-y", "-i", source, *tags, path)
    metadata = AudioFile(path).metadata
    assert metadata["title"] == "Nürnberg"
    assert metadata["artist"] == "A & B"
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in metadata.items())


def test_files_without_facts(pcm: dict[str, Path]) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        assert f.artwork is None
        assert f.markers == []
        assert f.regions == []
        assert "title" not in f.metadata


# ---- failures


@pytest.mark.parametrize("name", ["missing.wav", "folder", "empty.wav", "noise.wav", "\x00.wav", ""])
def test_what_cannot_be_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.wav").touch()
    (tmp_path / "noise.wav").write_bytes(bytes(5000))
    path = str(tmp_path / name) if name else ""
    f = AudioFile(path)  # opens nothing
    with pytest.raises(AudioFileError, match="open file") as raised:
        f.open()
    assert raised.value.status_code != 0 or raised.value.__cause__ is not None
    for use in ("format", "duration", "metadata", "frame_count"):
        with pytest.raises(AudioFileError):
            getattr(f, use)
    with pytest.raises(AudioFileError):
        f.read_packets(0, 1)
    with pytest.raises(AudioFileError):
        f.read()
    assert repr(f) == f"AudioFile({path}, closed)"
    f.close()
    assert not f.is_disposed  # never opened: close() did nothing


@pytest.mark.parametrize("name", ["\x00.wav", "a\x00b.wav"])
def test_a_path_object_that_is_no_path(tmp_path: Path, name: str) -> None:
    for mode in ("r", "w"):
        with pytest.raises(AudioFileError, match="file .*null") as raised:
            AudioFile(tmp_path / name, mode, format=AudioFormat.pcm(44100, 2) if mode == "w" else None).open()
        assert isinstance(raised.value.__cause__, ValueError)


def test_statuses() -> None:
    with pytest.raises(AudioFileError) as raised:
        AudioFile("/no/such/file.wav").open()
    assert raised.value.status_code == -43


@pytest.mark.parametrize(("start", "count"), [(-1, 1), (0, -1), (2**70, 1), (0, 2**70), (-(2**63), 1)])
def test_bad_packet_ranges(pcm: dict[str, Path], start: int, count: int) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        with pytest.raises(AudioFileError, match="read packets"):
            f.read_packets(start, count)
        with pytest.raises(AudioFileError):
            f.read_as_numpy(start, count)


def test_bad_frame_ranges(pcm: dict[str, Path]) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        for call in (
            lambda: f.read(1, start=-1),
            lambda: f.seek(-1),
            lambda: f.read_frames(-1),
            lambda: f.read_frames(0, -1),
            lambda: f.read_frames_numpy(0, -5),
        ):
            with pytest.raises(ValueError, match="negative"):
                call()
        with pytest.raises(OverflowError):
            f.seek(2**70)
        for wrong in ("1", None, [], object()):
            with pytest.raises(TypeError):
                f.seek(wrong)  # type: ignore[arg-type]


def test_unknown_property(pcm: dict[str, Path]) -> None:
    with AudioFile(pcm["s16.wav"]) as f:
        with pytest.raises(AudioFileError) as raised:
            f.get_property("????")
        assert raised.value.status_code == int.from_bytes(b"pty?", "big")
        with pytest.raises(AudioFileError):
            f.user_data("none")
        with pytest.raises(ValueError):
            f.get_property("toolong")


def test_file_that_claims_an_absurd_length(tmp_path: Path) -> None:
    """A FLAC header with 2^36 - 1 frames: what is there comes, and no memory is taken for the rest."""
    path = tmp_path / "a.flac"
    sf.write(path, music(5000), RATE)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    with AudioFile(path) as f:
        try:
            frames = f.read(dtype="int16")
        except AudioFileError:
            return
    assert len(frames) == 5000


@pytest.mark.parametrize("name", ["s16.wav", "s16.aiff", "s16.caf", "s16.au"])
def test_truncated_at_every_byte(tmp_path: Path, name: str) -> None:
    whole = write_pcm(tmp_path, name, 50).read_bytes()
    for size in range(len(whole)):
        try:
            with AudioFile(whole[:size]) as f:
                assert len(f.read()) <= 50
                assert f.metadata is not None
                assert f.markers is not None
        except AudioFileError:
            pass


# ---- without NumPy


def test_without_numpy(pcm: dict[str, Path]) -> None:
    code = f"""
import sys, array
sys.modules["numpy"] = None
import coremusic as cm
assert not cm.NUMPY_AVAILABLE or True
f = cm.AudioFile({str(pcm["s16.wav"])!r})
assert f.frame_count == 10000 and len(f.read_frames(0, 10)) == 40 and f.read_packets(0, 3)[1] == 3
for call in (f.read, f.read_as_numpy, f.read_frames_numpy, lambda: next(iter(f))):
    try:
        call()
    except ImportError as error:
        assert "NumPy is required" in str(error), error
    else:
        raise AssertionError(call)
out = memoryview(bytearray(16)).cast("B").cast("h", [4, 2])
assert f.read(out=out, start=0).shape == (4, 2)
assert bytes(out) == f.read_frames(0, 4)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- shape of the class


def test_signatures_and_docs() -> None:
    for kind in (cm.AudioFile, cm.AudioFileStream, cm.ExtendedAudioFile, cm.AudioConverter):
        assert inspect.signature(kind).parameters
        assert kind.__doc__
        for name, member in vars(kind).items():
            if name.startswith("__") and name not in ("__enter__", "__exit__"):
                continue
            assert getattr(kind, name).__doc__, name
            if callable(getattr(kind, name)):
                inspect.signature(getattr(kind, name))
            else:
                assert inspect.isdatadescriptor(member), name


def test_type_for_extension() -> None:
    assert AudioFile.type_for_extension("wav") == "WAVE"
    assert AudioFile.type_for_extension(".M4A") == "m4af"
    assert AudioFile.type_for_extension(".aiff") == "AIFF"
    with pytest.raises(AudioFileError):
        AudioFile.type_for_extension("")
    with pytest.raises(TypeError):
        AudioFile.type_for_extension(5)  # type: ignore[arg-type]
