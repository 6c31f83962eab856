"""Bytes and Python file objects as the bytes of an AudioFile."""

from __future__ import annotations

import gc
import io
import mmap
import sys
import tempfile
import threading
import weakref
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from objects_kit import RATE, ffmpeg, music, needs_ffmpeg, write_pcm

from coremusic import AudioFile, AudioFileError, AudioFormat


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_pcm(tmp_path_factory.mktemp("sources"), "s16.wav").read_bytes()


SOUND = "int16"


def expected(data: bytes) -> Any:
    return sf.read(io.BytesIO(data), dtype=SOUND)[0]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, "u1")])
def test_bytes_like(data: bytes, kind: Any) -> None:
    with AudioFile(kind(data)) as f:
        np.testing.assert_array_equal(f.read(dtype=SOUND), expected(data))
        assert f.path is None
        assert f.file_type == "WAVE"


def test_bytes_cannot_move_while_open(data: bytes) -> None:
    memory = bytearray(data)
    f = AudioFile(memory)
    memory.extend(b"\0")  # not open yet
    f.open()
    with pytest.raises(BufferError):
        memory.extend(b"\0")
    f.close()
    memory.extend(b"\0")


def test_mapped_memory(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        with AudioFile(mapped) as f:
            np.testing.assert_array_equal(f.read(10, SOUND, start=500), expected(data)[500:510])
        assert not mapped.closed


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg", "a.m4a", "a.aiff", "a.caf"])
def test_every_type_comes_from_bytes_and_files(tmp_path: Path, name: str) -> None:
    path = ffmpeg(write_pcm(tmp_path, "s16.wav", RATE), tmp_path / name)
    with AudioFile(path) as f:
        wanted = f.read(dtype=SOUND)
    for source in (path.read_bytes(), io.BytesIO(path.read_bytes())):
        with AudioFile(source) as f:
            np.testing.assert_array_equal(f.read(dtype=SOUND), wanted)
            assert f.file_type == AudioFile(path).file_type


def test_file_objects(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "a.wav")
    with (
        path.open("rb") as buffered,
        path.open("rb", buffering=0) as raw,
        zipfile.ZipFile(tmp_path / "a.zip") as archive,
        archive.open("a.wav") as member,
        tempfile.SpooledTemporaryFile() as spooled,
    ):
        spooled.write(data)
        for file in (buffered, raw, member, spooled, io.BytesIO(data)):
            with AudioFile(file) as f:
                np.testing.assert_array_equal(f.read(dtype=SOUND), expected(data))
                assert repr(f).startswith("AudioFile(<")
            assert not file.closed, "the file is its owner's to close"


def test_writing_to_a_file_object(tmp_path: Path) -> None:
    sound = (music(5000) * 32767).astype("int16")
    memory = io.BytesIO(b"what was there before" * 100_000)
    with AudioFile(memory, "w", format=AudioFormat.pcm(RATE, 2), file_type="AIFF") as f:
        f.metadata = {"title": "in memory"}
        f.write(sound)
    got, rate = sf.read(io.BytesIO(memory.getvalue()), dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(got, sound)
    with (tmp_path / "a.flac").open("w+b") as file:
        with AudioFile(file, "w", format=AudioFormat.flac(RATE, 2), file_type="flac") as f:
            f.write(sound)
        file.seek(0)
        np.testing.assert_array_equal(sf.read(file, dtype="int16")[0], sound)


def test_changing_a_file_object(data: bytes) -> None:
    memory = io.BytesIO(data)
    with AudioFile(memory, "r+") as f:
        f.metadata = {"title": "changed"}
        f.write_packets(bytes(4), start=3)
    after = memory.getvalue()
    assert AudioFile(after).metadata["title"] == "changed"
    sound = expected(after)
    assert sound[3].tolist() == [0, 0]
    np.testing.assert_array_equal(np.delete(sound, 3, 0), np.delete(expected(data), 3, 0))


class Moody(io.BytesIO):
    """Raises when it is asked for the bytes at a place."""

    def __init__(self, data: bytes, at: int, error: BaseException) -> None:
        super().__init__(data)
        self.at, self.error = at, error

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() <= self.at < self.tell() + (size or 0):
            raise self.error
        return super().read(size)


class OddError(Exception):
    pass


@pytest.mark.parametrize("error", [OddError("no"), OSError(5, "broken"), KeyboardInterrupt(), MemoryError()])
def test_an_exception_comes_out(data: bytes, error: BaseException) -> None:
    moody = Moody(data, 30_000, error)
    f = AudioFile(moody)
    with pytest.raises(type(error)) as raised:
        f.read()
    assert raised.value is error
    assert isinstance(raised.value.__context__, AudioFileError)
    np.testing.assert_array_equal(f.read(100, SOUND, start=0), expected(data)[:100])
    f.close()
    at_once = AudioFile(Moody(data, 0, error))
    with pytest.raises(type(error)):
        at_once.open()
    assert not at_once.is_disposed
    assert repr(at_once).endswith("closed)")


def test_an_exception_while_another_is_handled(data: bytes) -> None:
    f = AudioFile(Moody(data, 30_000, OddError("no")))
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        with pytest.raises(OddError):
            f.read()


def bad(name: str, value: Any) -> Any:
    class Bad(io.BytesIO):
        pass

    setattr(Bad, name, lambda *_: value)
    return Bad


@pytest.mark.parametrize(
    ("method", "value", "error"),
    [
        ("read", "text", TypeError),
        ("read", None, BlockingIOError),
        ("read", 5, TypeError),
        ("read", bytes(10_000_000), ValueError),
        ("seek", -5, ValueError),
        ("seek", "x", TypeError),
        ("seek", 2**80, OverflowError),
    ],
)
def test_broken_file_objects(data: bytes, method: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        AudioFile(bad(method, value)(data)).open()


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), (10**9, ValueError), ("x", TypeError)])
def test_broken_writers(value: Any, error: type[Exception]) -> None:
    f = AudioFile(bad("write", value)(), "w", format=AudioFormat.pcm(8000, 1), file_type="WAVE")
    with pytest.raises(error):
        f.open()
        f.write(np.zeros(10, "int16"))
        f.close()
    f.dispose()


def test_seek_may_return_nothing(data: bytes) -> None:
    class Old(io.BytesIO):
        def seek(self, *args: Any) -> None:  # type: ignore[override]
            super().seek(*args)

    np.testing.assert_array_equal(AudioFile(Old(data)).read(dtype=SOUND), expected(data))


def test_short_reads(data: bytes) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 7))

    np.testing.assert_array_equal(
        AudioFile(Slow(data[:5000])).read(dtype=SOUND)[:1000], expected(data)[:1000]
    )


@pytest.mark.parametrize("given", [None, 5, 1.5, object(), [], {}, lambda: None])
def test_what_is_no_source(given: Any) -> None:
    with pytest.raises(TypeError):
        AudioFile(given)


@pytest.mark.parametrize("given", [b"", bytearray(100), memoryview(b"x")])
def test_bytes_are_not_written_to(given: Any) -> None:
    with pytest.raises(TypeError):
        AudioFile(given, "r+")
    with pytest.raises(TypeError):
        AudioFile(given, "w", format=AudioFormat.pcm(), file_type="WAVE")


def test_text_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text" * 100)
    with path.open() as file, pytest.raises(TypeError, match="binary"):
        AudioFile(file).open()


def test_the_source_is_kept_alive_and_let_go(data: bytes) -> None:
    class Watched(io.BytesIO):
        pass

    source = Watched(data)
    watch = weakref.ref(source)
    f = AudioFile(source)
    del source
    assert len(f.read()) == 10000
    assert watch() is not None
    f.close()
    del f
    gc.collect()
    assert watch() is None


def test_a_cycle_through_the_file_object_is_collected(data: bytes) -> None:
    class Holder(io.BytesIO):
        owner: Any = None

    source = Holder(data)
    f = AudioFile(source).open()
    source.owner = f
    watch = weakref.ref(source)
    del source, f
    gc.collect()
    assert watch() is None


def test_a_file_object_that_uses_its_audio_file(data: bytes) -> None:
    caught: list[BaseException] = []

    class Recursive(io.BytesIO):
        owner: Any = None

        def read(self, size: int | None = -1, /) -> bytes:
            if self.owner is not None:
                for use in (self.owner.read, self.owner.close, lambda: self.owner.format):
                    try:
                        use()
                    except RuntimeError as error:
                        caught.append(error)
            return super().read(size)

    source = Recursive(data)
    f = AudioFile(source).open()
    source.owner = f
    np.testing.assert_array_equal(f.read(dtype=SOUND), expected(data))
    assert caught
    assert "inside one of its own calls" in str(caught[0])
    source.owner = None


def test_from_any_thread(data: bytes) -> None:
    f = AudioFile(io.BytesIO(data))
    results: list[bool] = []

    def work() -> None:
        for start in range(0, 9000, 1000):
            got = f.read(1000, SOUND, start=start)
            results.append(np.array_equal(got, expected(data)[start : start + 1000]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert results == [True] * 36


def test_references_to_bytes(data: bytes) -> None:
    before = sys.getrefcount(data)
    for _ in range(100):
        with AudioFile(data) as f:
            f.read(10)
    del f
    assert sys.getrefcount(data) == before


def test_what_has_no_name_is_not_named() -> None:
    with pytest.raises(AudioFileError, match=r"\[the file is empty\]"):
        AudioFile(io.BytesIO()).open()
