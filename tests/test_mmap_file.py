"""coremusic.audio.mmap_file against libsndfile, wave and aifc, and on damaged files."""

from __future__ import annotations

import gc
import importlib
import math
import struct
import sys
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coremusic.audio import mmap_file
from coremusic.audio.mmap_file import MMapAudioFile
from coremusic.buffer_utils import AudioStreamBasicDescription

np = pytest.importorskip("numpy")

FLOAT, BIG, SIGNED, PACKED, HIGH = 1, 2, 4, 8, 16
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def chunk(name: bytes, body: bytes, size: int | None = None, order: str = "<") -> bytes:
    stated = len(body) if size is None else size
    return struct.pack(f"{order}4sI", name, stated) + body + b"\0" * (len(body) & 1)


def fmt(tag: int = 1, channels: int = 1, rate: int = 8000, block: int = 2, bits: int = 16) -> bytes:
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits))


def wav(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return struct.pack("<4sI", form, len(body)) + body


def extended(rate: int) -> bytes:
    """A whole number as an 80-bit float."""
    bits = rate.bit_length()
    return struct.pack(">HQ", 16383 + bits - 1, rate << (64 - bits))


def aiff(
    sound: bytes, frames: int, bits: int = 16, rate: int = 8000, kind: bytes = b"", channels: int = 1
) -> bytes:
    comm = struct.pack(">HIH", channels, frames, bits) + extended(rate)
    comm += kind + b"\0\0" if kind else b""
    body = chunk(b"COMM", comm, order=">") + chunk(b"SSND", bytes(8) + sound, order=">")
    form = b"AIFC" if kind else b"AIFF"
    return struct.pack(">4sI", b"FORM", 4 + len(body)) + form + body


@pytest.fixture
def save(tmp_path: Path) -> Any:
    def write(data: bytes, name: str = "file.bin") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


NATIVE = {"PCM_16": np.int16, "PCM_32": np.int32, "FLOAT": np.float32, "DOUBLE": np.float64}
WIDENED = {"PCM_U8": np.int16, "PCM_S8": np.int16, "PCM_24": np.int32}


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("container", "subtype", "endian"),
    [
        *[("WAV", s, "FILE") for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")],
        *[("WAVEX", s, "FILE") for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")],
        *[("RF64", s, "FILE") for s in ("PCM_16", "PCM_24", "FLOAT")],
        *[("AIFF", s, "FILE") for s in ("PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "PCM_U8")],
        *[("AIFF", s, "LITTLE") for s in ("PCM_16", "PCM_24", "PCM_32")],
    ],
)
def test_files_of_libsndfile(
    tmp_path: Path, container: str, subtype: str, endian: str, channels: int
) -> None:
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "file"
    samples = np.random.default_rng(3).uniform(-1, 1, (1000, channels))
    soundfile.write(path, samples, 48000, subtype, endian, container)
    kind = {**NATIVE, **WIDENED}[subtype]
    name = {np.int16: "int16", np.int32: "int32", np.float32: "float32", np.float64: "float64"}[kind]
    theirs, rate = soundfile.read(path, dtype=name)
    with MMapAudioFile(path) as file:
        ours = file.read_as_numpy()
        assert ours.dtype == kind and ours.dtype.isnative
        assert ours.shape == theirs.shape and (ours == theirs).all()
        assert not ours.flags.writeable
        assert (file.sample_rate, file.channels, len(file), file.frame_count) == (rate, channels, 1000, 1000)
        assert file.duration == 1000 / 48000
        assert (file.read_as_numpy(400, 300) == theirs[400:700]).all()
        assert (file.read_as_numpy(990, 300) == theirs[990:]).all()
        assert b"".join(bytes(file.read_frames(i, 7)) for i in range(0, 1000, 7)) == file.read_frames()


def test_wave_module(tmp_path: Path) -> None:
    for width in (1, 2, 3, 4):
        path = tmp_path / f"{width}.wav"
        data = bytes(np.random.default_rng(width).integers(0, 256, 60 * width, np.uint8))
        with wave.open(str(path), "wb") as out:
            out.setparams((2, width, 44100, 0, "NONE", ""))
            out.writeframes(data)
        with MMapAudioFile(str(path)) as file:
            assert file.read_frames() == data
            assert file.format.bits_per_channel == 8 * width
            assert file.format.is_signed_integer == (width > 1)


def test_aifc_module(tmp_path: Path) -> None:
    if sys.version_info >= (3, 13):
        pytest.skip("aifc has left the standard library")
    with pytest.warns(DeprecationWarning):
        aifc = importlib.reload(importlib.import_module("aifc"))
    path = tmp_path / "file.aiff"
    for rate in (8000, 32768, 44100, 48000, 65535, 96000, 192000):
        with aifc.open(str(path), "wb") as out:
            out.aiff()
            out.setparams((2, 2, rate, 0, b"NONE", b""))
            out.writeframes(struct.pack(">4h", 1, -2, 300, -400))
        with MMapAudioFile(path) as file:
            assert file.sample_rate == rate
            assert file.read_as_numpy().tolist() == [[1, -2], [300, -400]]
            assert file.format.is_big_endian


def test_formats(save: Any) -> None:
    def described(data: bytes) -> tuple[int, int, int]:
        made = MMapAudioFile(save(data)).format
        assert isinstance(made, AudioStreamBasicDescription) and made.is_pcm
        assert made.frames_per_packet == 1 and made.bytes_per_packet == made.bytes_per_frame
        return made.format_flags, made.bits_per_channel, made.bytes_per_frame

    data = chunk(b"data", bytes(24))
    assert described(wav(fmt(), data)) == (SIGNED | PACKED, 16, 2)
    assert described(wav(fmt(block=1, bits=8), data)) == (PACKED, 8, 1)
    assert described(wav(fmt(tag=3, block=8, bits=32, channels=2), data)) == (FLOAT | PACKED, 32, 8)
    assert described(aiff(bytes(6), 2, 24)) == (SIGNED | PACKED | BIG, 24, 3)
    assert described(aiff(bytes(4), 2, 12)) == (SIGNED | HIGH | BIG, 12, 2)
    assert described(aiff(bytes(4), 2, 16, kind=b"sowt")) == (SIGNED | PACKED, 16, 2)
    assert described(aiff(bytes(4), 4, 8, kind=b"raw ")) == (PACKED, 8, 1)
    assert described(aiff(bytes(8), 1, 16, kind=b"fl64")) == (FLOAT | PACKED | BIG, 64, 8)


@pytest.mark.parametrize(
    ("kind", "sound", "value"),
    [
        (b"NONE", b"\x01\x02", 0x0102),
        (b"twos", b"\x01\x02", 0x0102),
        (b"sowt", b"\x02\x01", 0x0102),
        (b"in24", b"\x01\x02\x03", 0x01020300),
        (b"42ni", b"\x03\x02\x01", 0x01020300),
        (b"in32", b"\x01\x02\x03\x04", 0x01020304),
        (b"23ni", b"\x04\x03\x02\x01", 0x01020304),
        (b"raw ", b"\x81", 0x0100),
        (b"fl32", struct.pack(">f", 0.5), 0.5),
        (b"FL32", struct.pack(">f", -0.5), -0.5),
        (b"FL64", struct.pack(">d", 0.25), 0.25),
    ],
)
def test_codings_of_aifc(save: Any, kind: bytes, sound: bytes, value: float) -> None:
    with MMapAudioFile(save(aiff(sound * 3, 3, 16, kind=kind))) as file:
        assert file.read_as_numpy().tolist() == [value] * 3


def test_extensible_with_fewer_valid_bits(save: Any) -> None:
    def extensible(tag: int, tail: bytes = GUID_TAIL, valid: int = 20) -> bytes:
        head = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 24000, 3, 24, 22, valid, 4)
        return chunk(b"fmt ", head + struct.pack("<H", tag) + tail)

    data = chunk(b"data", b"\x10\x00\x40" * 2)
    with MMapAudioFile(save(wav(extensible(1), data))) as file:
        assert (file.format.bits_per_channel, file.format.format_flags) == (20, SIGNED | HIGH)
        assert file.read_as_numpy().tolist() == [0x40001000] * 2
    for bad in (extensible(2), extensible(1, b"x" * 14), extensible(1, b""), extensible(1, valid=25)):
        with pytest.raises(ValueError):
            MMapAudioFile(save(wav(bad, data))).open()


def test_sizes_that_lie(save: Any) -> None:
    sound = struct.pack("<5h", 1, 2, 3, 4, 5)

    def frames(*chunks: bytes, form: bytes = b"RIFF") -> list[int]:
        with MMapAudioFile(save(wav(*chunks, form=form))) as file:
            return file.read_as_numpy().tolist()  # type: ignore[no-any-return]

    for size in (11, 1000, 0x7FFFFFFF, 0xFFFFFFFF):
        assert frames(fmt(), chunk(b"data", sound, size)) == [1, 2, 3, 4, 5]
    assert frames(fmt(), chunk(b"data", sound + b"\x06")) == [1, 2, 3, 4, 5]
    assert frames(fmt(), chunk(b"junk", b"abc"), chunk(b"data", sound), chunk(b"LIST", b"x")) == [
        1,
        2,
        3,
        4,
        5,
    ]
    assert frames(fmt(), chunk(b"data", b"")) == []
    for form in (b"RF64", b"BW64"):
        for size, expected in ((6, [1, 2, 3]), (10, [1, 2, 3, 4, 5]), (1 << 63, [1, 2, 3, 4, 5])):
            ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, size, 0, 0))
            assert frames(ds64, fmt(), chunk(b"data", sound, 0xFFFFFFFF), form=form) == expected
    for stated, expected in ((3, [1, 2, 3]), (5, [1, 2, 3, 4, 5]), (0xFFFFFFFF, [1, 2, 3, 4, 5])):
        with MMapAudioFile(save(aiff(struct.pack(">5h", 1, 2, 3, 4, 5), stated))) as file:
            assert file.read_as_numpy().tolist() == expected


def test_aiff_with_an_offset_before_the_samples(save: Any) -> None:
    comm = struct.pack(">HIH", 1, 2, 16) + extended(8000)
    ssnd = struct.pack(">II", 6, 0) + b"filler" + struct.pack(">2h", 7, -8)
    body = chunk(b"SSND", ssnd, order=">") + chunk(b"COMM", comm, order=">")
    with MMapAudioFile(save(struct.pack(">4sI4s", b"FORM", 4 + len(body), b"AIFF") + body)) as file:
        assert file.read_as_numpy().tolist() == [7, -8]
    empty = chunk(b"COMM", struct.pack(">HIH", 1, 0, 16) + extended(8000), order=">")
    with MMapAudioFile(save(struct.pack(">4sI4s", b"FORM", 4 + len(empty), b"AIFF") + empty)) as file:
        assert len(file) == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"OggS" + bytes(100),
        wav(),
        wav(fmt()),
        wav(chunk(b"data", bytes(10))),
        wav(chunk(b"fmt ", b"short"), chunk(b"data", bytes(10))),
        wav(fmt(tag=6, block=1, bits=8), chunk(b"data", bytes(10))),
        wav(fmt(channels=0), chunk(b"data", bytes(10))),
        wav(fmt(rate=0), chunk(b"data", bytes(10))),
        wav(fmt(block=0), chunk(b"data", bytes(10))),
        wav(fmt(channels=2, block=3), chunk(b"data", bytes(10))),
        wav(fmt(bits=0), chunk(b"data", bytes(10))),
        wav(fmt(bits=24), chunk(b"data", bytes(10))),
        wav(fmt(tag=3, block=4, bits=24), chunk(b"data", bytes(10))),
        wav(fmt(block=8, bits=64), chunk(b"data", bytes(10))),
        aiff(bytes(10), 5, 0),
        aiff(bytes(10), 5, 33),
        aiff(bytes(10), 5, 16, kind=b"ima4"),
        aiff(bytes(10), 5, 16, channels=0),
        aiff(bytes(10), 5)[:40],
        aiff(bytes(10), 5).replace(extended(8000), b"\x7f\xff" + bytes(8)),
        aiff(bytes(10), 5).replace(extended(8000), b"\xc0\x0b\xfa" + bytes(7)),
        aiff(bytes(10), 5).replace(extended(8000), b"\x7f\xfe" + b"\xff" * 8),
        aiff(bytes(10), 5).replace(extended(8000), bytes(10)),
        aiff(bytes(10), 5).replace(b"SSND", b"XXXX"),
        aiff(bytes(10), 5).replace(b"COMM", b"XXXX"),
    ],
)
def test_what_is_refused(save: Any, data: bytes) -> None:
    file = MMapAudioFile(save(data))
    with pytest.raises(ValueError):
        file.open()
    with pytest.raises(ValueError):
        len(file)
    assert repr(file) == "MMapAudioFile(file.bin, closed)"


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        MMapAudioFile(tmp_path / "none.wav").open()
    with pytest.raises(OSError):
        MMapAudioFile(tmp_path).open()


GOOD = [
    wav(fmt(), chunk(b"data", bytes(range(20)))),
    wav(
        chunk(b"ds64", struct.pack("<QQQI", 0, 20, 10, 0)),
        fmt(),
        chunk(b"data", bytes(20), 0xFFFFFFFF),
        form=b"RF64",
    ),
    aiff(bytes(range(20)), 10),
    aiff(bytes(range(20)), 10, kind=b"sowt"),
]


@pytest.mark.parametrize("data", GOOD)
def test_every_cut(save: Any, data: bytes) -> None:
    whole = MMapAudioFile(save(data)).read_frames()
    assert len(whole) == 20
    for length in range(len(data)):
        file = MMapAudioFile(save(data[:length]))
        try:
            file.open()
        except ValueError:
            continue
        assert file.frame_count == 0 or whole.startswith(file.read_frames())
        assert len(file) == len(file.read_as_numpy())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6))
def test_any_bytes_give_frames_or_a_value_error(
    save: Any, data: bytes, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    file = MMapAudioFile(save(bytes(damaged)))
    try:
        file.open()
    except ValueError:
        return
    assert len(file.read_as_numpy()) == len(file)
    assert math.isfinite(file.duration)


@pytest.fixture
def ramp(save: Any) -> Path:
    """1000 mono frames 0, 1, 2 ..."""
    return save(wav(fmt(), chunk(b"data", struct.pack("<1000h", *range(1000)))), "ramp.wav")  # type: ignore[no-any-return]


def test_reading_by_either_name(ramp: Path) -> None:
    file = MMapAudioFile(ramp)
    expected = struct.pack("<10h", *range(100, 110))
    assert file.read_frames(100, 10) == file.read_frames(start_frame=100, num_frames=10) == expected
    assert file.read_frames(start=100, count=10) == file.read_frames(100, count=10) == expected
    assert len(file.read_frames(990)) == len(file.read_frames(start=990, count=100)) == 20
    assert len(file.read_frames(count=5)) == 10
    assert len(file.read_frames()) == 2000
    assert file.read_frames(5, 0) == b""
    for wrong in ({"start_frame": 1, "start": 1}, {"num_frames": 1, "count": 1}):
        with pytest.raises(TypeError, match="same argument"):
            file.read_frames(**wrong)
    for start, count in ((-1, 1), (1000, 1), (0, -1)):
        with pytest.raises(ValueError):
            file.read_frames(start, count)
        with pytest.raises(ValueError):
            file.read_as_numpy(start, count)


def test_indexing(ramp: Path) -> None:
    file = MMapAudioFile(ramp)
    assert file[0] == 0 and file[-1] == 999 and file[np.int64(17)] == 17
    for key in (
        slice(10, 20),
        slice(None, None, 7),
        slice(-5, None),
        slice(20, 10),
        slice(20, 10, -3),
        slice(None, None, -1),
        slice(5, 5, 2),
    ):
        assert file[key].tolist() == list(range(1000)[key]), key
    for index in (1000, -1001):
        with pytest.raises(IndexError):
            file[index]
    for key in ("a", 1.5, (1, 2), None):
        with pytest.raises(TypeError):
            file[key]
    assert [int(frame) for frame in file] == list(range(1000))


def test_frames_of_several_channels(save: Any) -> None:
    file = MMapAudioFile(save(wav(fmt(channels=2, block=4), chunk(b"data", struct.pack("<6h", *range(6))))))
    assert file[1].tolist() == [2, 3]
    assert file[::-2].tolist() == [[4, 5], [0, 1]]
    assert file[3:].shape == (0, 2)


def test_chunks(ramp: Path) -> None:
    file = MMapAudioFile(ramp)
    pieces = list(file.iter_chunks(chunk_size=300))
    assert [len(piece) for piece in pieces] == [300, 300, 300, 100]
    assert np.concatenate(pieces).tolist() == list(range(1000))
    assert len(list(file.iter_chunks())) == 1
    for bad in (0, -1):
        with pytest.raises(ValueError):
            file.iter_chunks(bad)


def test_views_are_views_and_outlive_the_file(ramp: Path) -> None:
    file = MMapAudioFile(ramp).open()
    part, again = file.read_as_numpy(100, 50), file.read_as_numpy(120, 50)
    assert np.shares_memory(part, again)
    with pytest.raises(ValueError):
        part[0] = 1
    pieces = file.iter_chunks(100)
    next(pieces)
    file.close()
    file.close()
    assert repr(file) == "MMapAudioFile(ramp.wav, closed)"
    gc.collect()
    assert part.tolist() == list(range(100, 150))
    assert file.frame_count == 1000
    assert repr(file) == "MMapAudioFile(ramp.wav, 8000.0Hz, 1ch, 1000 frames)"
    assert file.open() is file


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def mapped(path: Path) -> bool:
    return str(path) in Path("/proc/self/maps").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_leaks(ramp: Path, save: Any) -> None:
    before = open_files()
    file = MMapAudioFile(ramp)
    part = file.read_as_numpy()
    file.close()
    assert mapped(ramp)
    del part
    gc.collect()
    assert not mapped(ramp)
    bad = save(wav(fmt(tag=99)), "bad.wav")
    for _ in range(20):
        with pytest.raises(ValueError):
            MMapAudioFile(bad).open()
        with MMapAudioFile(ramp) as good:
            good.read_frames(0, 1)
    gc.collect()
    assert not mapped(bad) and not mapped(ramp)
    assert open_files() == before


def test_with_closes(ramp: Path) -> None:
    with MMapAudioFile(ramp) as file:
        assert "1000 frames" in repr(file)
    assert "closed" in repr(file)


def test_large_sparse_file(tmp_path: Path) -> None:
    path = tmp_path / "large.wav"
    size = 5 << 30
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, size, size // 2, 0))
    head = wav(ds64, fmt(), chunk(b"data", b"", 0xFFFFFFFF), form=b"RF64")
    with path.open("wb") as out:
        out.write(head)
        out.truncate(len(head) + size)
        out.seek(len(head) + size - 2)
        out.write(struct.pack("<h", 1234))
    with MMapAudioFile(path) as file:
        assert len(file) == size // 2
        assert file[-1] == 1234 and file[0] == 0


def test_without_numpy(ramp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mmap_file, "NUMPY_AVAILABLE", False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    file = MMapAudioFile(ramp)
    pieces = list(file.iter_chunks(400))
    assert all(isinstance(piece, memoryview) and piece.readonly for piece in pieces)
    assert [len(piece) for piece in pieces] == [800, 800, 400]
    assert b"".join(pieces) == file.read_frames()
    for use in (file.read_as_numpy, lambda: file[0], lambda: file[1:2]):
        with pytest.raises(ImportError, match="^NumPy is required"):
            use()
    file.close()
    assert pieces[0][:4] == b"\0\0\1\0"
