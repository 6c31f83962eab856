"""The life of every object that owns a native one: opened late, closed once, disposed for good."""

from __future__ import annotations

import gc
import signal
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from objects_kit import write_pcm

import coremusic as cm
from coremusic import (
    AudioConverter,
    AudioConverterError,
    AudioFile,
    AudioFileError,
    AudioFileStream,
    AudioFormat,
    CoreAudioObject,
    ExtendedAudioFile,
)

PCM = AudioFormat.pcm


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return write_pcm(tmp_path, "s16.wav", 1000)


def members(wav: Path) -> dict[str, tuple[Any, list[Callable[[Any], Any]]]]:
    """How to make each object, and a call of each guarded member."""
    return {
        "file": (
            lambda: AudioFile(wav),
            [
                lambda o: o.open(),
                lambda o: o.__enter__(),
                lambda o: o.format,
                lambda o: o.duration,
                lambda o: o.sample_rate,
                lambda o: o.channels,
                lambda o: o.num_channels,
                lambda o: o.frame_count,
                lambda o: o.packet_count,
                lambda o: o.file_type,
                lambda o: o.type_name,
                lambda o: o.format_name,
                lambda o: o.bit_rate,
                lambda o: o.source_bit_depth,
                lambda o: o.packet_table,
                lambda o: o.chunk_ids,
                lambda o: o.metadata,
                lambda o: o.artwork,
                lambda o: o.markers,
                lambda o: o.regions,
                lambda o: o.channel_layout,
                lambda o: setattr(o, "metadata", {}),
                lambda o: setattr(o, "artwork", None),
                lambda o: setattr(o, "markers", []),
                lambda o: setattr(o, "regions", []),
                lambda o: setattr(o, "channel_layout", 0),
                lambda o: o.read(),
                lambda o: o.read("nonsense"),
                lambda o: o.seek(0),
                lambda o: o.tell(),
                lambda o: o.blocks(),
                lambda o: iter(o),
                lambda o: o.read_packets(0, 1),
                lambda o: o.read_packets(),
                lambda o: o.read_packet_data(),
                lambda o: o.read_as_numpy(),
                lambda o: o.read_frames(),
                lambda o: o.read_frames_numpy(),
                lambda o: o.write(b""),
                lambda o: o.write_packets(b""),
                lambda o: o.get_property(0),
                lambda o: o.set_property(0, b""),
                lambda o: o.user_data("abcd"),
                lambda o: o.set_user_data("abcd", b""),
                lambda o: o.remove_user_data("abcd"),
                lambda o: o.optimize(),
                lambda o: o._ensure_not_disposed(),
            ],
        ),
        "stream": (
            lambda: AudioFileStream(),
            [
                lambda o: o.open(),
                lambda o: o.__enter__(),
                lambda o: o.parse_bytes(b""),
                lambda o: o.parse_bytes(None),
                lambda o: o.finish(),
                lambda o: o.seek(0),
                lambda o: o.get_property(0),
                lambda o: o.ready_to_produce_packets,
                lambda o: o.is_ready,
                lambda o: o.format,
            ],
        ),
        "extended": (
            lambda: ExtendedAudioFile(wav),
            [
                lambda o: o.open(),
                lambda o: o.__enter__(),
                lambda o: o.file_format,
                lambda o: setattr(o, "client_format", PCM()),
                lambda o: o.sample_rate,
                lambda o: o.channels,
                lambda o: o.frame_count,
                lambda o: o.read(1),
                lambda o: o.read(None),
                lambda o: o.read_frames(1),
                lambda o: o.write(1, b""),
                lambda o: o.write_frames(b"", 1),
                lambda o: o.seek(0),
                lambda o: o.tell(),
                lambda o: o.set_encoder(),
                lambda o: o.get_property(0),
                lambda o: o.set_property(0, b""),
            ],
        ),
        "converter": (
            lambda: AudioConverter(PCM(44100, 2), AudioFormat.float32(44100, 2)),
            [
                lambda o: o.open(),
                lambda o: o.__enter__(),
                lambda o: o.convert(b""),
                lambda o: o.convert_with_callback(b"", 0),
                lambda o: o.convert_numpy(np.zeros((1, 2), "int16")),
                lambda o: o.reset(),
                lambda o: o.get_property(0),
                lambda o: o.set_property(0, b""),
                lambda o: o.set_quality(5),
                lambda o: o.set_bit_rate(5),
                lambda o: o.source_format,
                lambda o: o.dest_format,
                lambda o: o.channel_map,
                lambda o: setattr(o, "channel_map", [0, 1]),
            ],
        ),
    }


KINDS = ["file", "stream", "extended", "converter"]


@pytest.mark.parametrize("kind", KINDS)
def test_disposed_comes_before_anything_else(wav: Path, kind: str) -> None:
    make, calls = members(wav)[kind]
    o = make()
    name = type(o).__name__
    o.open()
    assert o.object_id != 0
    assert not o.is_disposed
    o.close()
    assert (o.object_id, o.is_disposed) == (0, True)
    for call in calls:
        with pytest.raises(RuntimeError, match=f"{name} has been disposed") as raised:
            call(o)
        assert not isinstance(raised.value, cm.CoreAudioError)
    for _ in range(3):
        o.close()
        o.dispose()
    assert "AudioFile(" in repr(o) or name in repr(o)


@pytest.mark.parametrize("kind", ["file", "stream", "extended"])
def test_closing_what_was_never_opened(wav: Path, kind: str) -> None:
    o = members(wav)[kind][0]()
    assert o.object_id == 0
    o.close()
    assert not o.is_disposed
    o.open()
    assert o.open() is o
    o.close()
    assert o.is_disposed


@pytest.mark.parametrize("kind", KINDS)
def test_dispose_without_opening(wav: Path, kind: str) -> None:
    o = members(wav)[kind][0]()
    o.dispose()
    assert o.is_disposed
    with pytest.raises(RuntimeError, match="disposed"):
        o.open()


@pytest.mark.parametrize("kind", KINDS)
def test_with(wav: Path, kind: str) -> None:
    o = members(wav)[kind][0]()
    with o as same:
        assert same is o
        assert o.object_id != 0
    assert o.is_disposed
    with pytest.raises(ZeroDivisionError), members(wav)[kind][0]() as o:
        raise ZeroDivisionError
    assert o.is_disposed
    with pytest.raises(TypeError):
        members(wav)[kind][0]().__exit__()
    with members(wav)[kind][0]() as o:
        o.close()  # closed inside the block


@pytest.mark.parametrize("kind", KINDS)
def test_what_every_object_has(wav: Path, kind: str) -> None:
    o = members(wav)[kind][0]()
    assert isinstance(o, CoreAudioObject)
    assert o == o  # noqa: PLR0124
    assert o != members(wav)[kind][0]()
    assert hash(o) == hash(o)
    o.note = "attributes are welcome"
    watch = weakref.ref(o)
    o.me = o  # a cycle
    del o
    gc.collect()
    assert watch() is None


@pytest.mark.parametrize("kind", [AudioFile, AudioFileStream, ExtendedAudioFile, AudioConverter])
def test_types_are_immutable(kind: Any) -> None:
    with pytest.raises(TypeError):
        kind.open = None
    with pytest.raises(TypeError):
        kind.novelty = 1
    with pytest.raises(TypeError):
        del kind.dispose


def test_subclasses(wav: Path) -> None:
    class Song(AudioFile):
        closings = 0

        def __init__(self, folder: Path, name: str, *, mood: str) -> None:
            super().__init__(folder / name)
            self.mood = mood

        def close(self) -> None:
            self.closings += 1
            super().close()

    with Song(wav.parent, "s16.wav", mood="sad") as song:
        assert song.frame_count == 1000
        assert song.mood == "sad"
        with pytest.raises(RuntimeError, match="before"):
            AudioFile.__init__(song, wav)
    assert song.closings == 1
    with pytest.raises(RuntimeError, match="Song has been disposed"):
        _ = song.format

    class Forgetful(AudioFile):
        def __init__(self) -> None:
            pass

    for use in (lambda o: o.format, lambda o: o.read(), lambda o: o.open()):
        with pytest.raises(RuntimeError, match="__init__"):
            use(Forgetful())
    o = Forgetful()
    assert o.path is None
    assert "?" in repr(o)
    o.close()
    o.dispose()

    class Lazy(AudioConverter, ExtendedAudioFile if False else CoreAudioObject):
        def __init__(self) -> None:
            pass

    with pytest.raises(RuntimeError, match="__init__"):
        Lazy().convert(b"")
    with pytest.raises(TypeError):
        type("Both", (AudioFile, AudioConverter), {})


def test_finalizer_keeps_an_exception_that_is_on_its_way(wav: Path) -> None:
    def fails() -> None:
        o = AudioFile(wav).open()
        c = AudioConverter(PCM(), AudioFormat.float32())
        assert o is not None
        assert c is not None
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fails()


def test_long_calls_can_be_interrupted(tmp_path: Path) -> None:
    """A signal's exception comes out of the middle of a call, and the object is as good as before."""
    path = tmp_path / "long.flac"
    noise = np.random.default_rng(0).integers(-20000, 20000, (6_000_000, 2), "int16")
    with AudioFile(path, "w", format=AudioFormat.flac()) as f:
        f.write(noise)

    class StopError(Exception):
        pass

    def stop(*_: Any) -> None:
        raise StopError

    def interrupted(call: Callable[[], Any]) -> None:
        with pytest.raises(StopError):
            signal.setitimer(signal.ITIMER_REAL, 0.001)  # inside: it may be over before the next line
            call()

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with AudioFile(path) as f:
            interrupted(f.read)
            interrupted(lambda: f.read(out=np.empty((6_000_000, 2), "int16"), start=0))
            np.testing.assert_array_equal(f.read(1000, "int16", start=5_000_000), noise[5_000_000:5_001_000])
        with ExtendedAudioFile(path) as e:
            e.client_format = PCM()
            interrupted(lambda: e.read(6_000_000))
            e.seek(100)
            assert e.read(100)[0] == noise[100:200].tobytes()
        converter = AudioConverter(PCM(44100, 2), AudioFormat.float32(48000, 2))
        interrupted(lambda: converter.convert_numpy(noise))
        converter.reset()
        assert len(converter.convert_numpy(noise[:441])) == 480
        with pytest.raises(StopError), AudioFile(path, "w", format=AudioFormat.flac()) as f:
            signal.setitimer(signal.ITIMER_REAL, 0.001)
            f.write(noise)
        assert AudioFile(path).frame_count == 6_000_000
    finally:
        signal.signal(signal.SIGALRM, before)


def test_repr(wav: Path) -> None:
    f = AudioFile(str(wav))
    assert repr(f) == f"AudioFile({wav}, closed)"
    f.open()
    assert repr(f) == f"AudioFile({wav}, open)"
    e = ExtendedAudioFile(wav)
    assert repr(e) == f"ExtendedAudioFile({wav}, closed)"
    assert repr(e.open()) == f"ExtendedAudioFile({wav}, open)"
    a, b = PCM(44100, 2), AudioFormat.float32(44100, 2)
    assert repr(AudioConverter(a, b)) == f"AudioConverter({a!r} -> {b!r})"
    assert repr(AudioFileStream("MPG3")) == "AudioFileStream('MPG3', closed)"


REFUSALS = (TypeError, ValueError, OverflowError, AudioFileError, AudioConverterError)
ODD: list[Any] = [
    None,
    -1,
    2**80,
    -(2**80),
    float("nan"),
    float("inf"),
    "",
    "x" * 5,
    b"",
    [],
    {},
    object(),
    1e300,
    True,
]


@pytest.mark.parametrize("kind", KINDS)
def test_abuse(wav: Path, kind: str) -> None:
    """Every method with every odd argument: a Python exception or a result, and an object that still works."""
    make = members(wav)[kind][0]
    o = make()
    o.open()
    skip = {"close", "dispose", "open", "finish", "__init__", "__class__"}
    names = [
        n for n in dir(type(o)) if callable(getattr(type(o), n)) and (not n.startswith("_")) and n not in skip
    ]
    for name in names:
        method = getattr(o, name)
        for a in ODD:
            for arguments in ((), (a,), (a, a), (0, a), (a, 0), (a, a, a), (1, b"x", a)):
                with suppress(BufferError, MemoryError, *REFUSALS):
                    method(*arguments)
    for name in dir(type(o)):
        if name.startswith("_") or callable(getattr(type(o), name)):
            continue
        for a in ODD:
            with suppress(AttributeError, *REFUSALS):
                setattr(o, name, a)
        with pytest.raises((AttributeError, TypeError)):
            delattr(o, name)
    o.close()
    o = make()
    assert o.open() is o


@pytest.mark.parametrize("odd", ODD)
def test_odd_constructions(odd: Any) -> None:
    for kind in (AudioFile, ExtendedAudioFile):
        try:
            o = kind(odd)
        except TypeError:
            continue
        with pytest.raises(AudioFileError):
            o.open()
    for arguments in ((odd, PCM()), (PCM(), odd)):
        with pytest.raises((TypeError, ValueError)):
            AudioConverter(*arguments)
    for field in (
        "sample_rate",
        "format_id",
        "channels_per_frame",
        "bits_per_channel",
        "bytes_per_frame",
        "format_flags",
    ):
        format = PCM()
        setattr(format, field, odd)
        with suppress(*REFUSALS):
            AudioConverter(format, PCM()).dispose()
    with pytest.raises((TypeError, ValueError, OverflowError)):
        AudioFileStream(2**80)
    with pytest.raises(TypeError):
        AudioFileStream(0, odd)  # type: ignore[misc]
