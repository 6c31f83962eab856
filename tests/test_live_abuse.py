"""Live sound used as no program should: an exception, never a crash, a hang or a leak."""

from __future__ import annotations

import gc
import inspect
import os
import signal
import struct
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import soundfile as sf
from fork_kit import CHILDREN_START_THREADS, needs_allocator_in_child
from live_kit import hand, noise, pcm, wait_until  # noqa: F401
from objects_kit import open_descriptors, resident_bytes

import coremusic as cm
from coremusic import _engine, capi
from coremusic._objects import SoundStream
from coremusic.engine import virtual

ERRORS: tuple[type[Exception], ...] = (cm.CoreAudioError, RuntimeError, TypeError, ValueError, OverflowError)
ERRORS += (LookupError, AttributeError, AssertionError, MemoryError)
SECONDS = 2.0
GENERIC = cm.AudioComponentDescription("auou", "genr", "appl")

ODD: list[Any] = [
    None,
    "",
    "x",
    "****",
    b"",
    b"1234",
    0,
    1,
    -1,
    2**31,
    2**32 - 1,
    2**32,
    2**63,
    2**64,
    -(2**63),
]
ODD += [1.5, float("nan"), float("inf"), [], {}, object(), lambda *_: None]


def silence(frames: int) -> bytes:
    return bytes(8 * frames)


def quietly(call: Callable[..., Any], *arguments: Any) -> Any:
    with suppress(*ERRORS):
        return call(*arguments)
    return None


def at_once(*calls: Callable[[], Any], seconds: float = SECONDS) -> None:
    """Each in a thread of its own, again and again. Errors of the library are expected, others not."""
    end, wrong = time.monotonic() + seconds, []

    def repeat(call: Callable[[], Any]) -> None:
        try:
            while time.monotonic() < end and not wrong:
                with suppress(*ERRORS):
                    call()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=repeat, args=(c,), daemon=True) for c in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
        assert not thread.is_alive(), "a thread hangs"
    assert not wrong


# ---- arguments

SKIPPED = {"audio_object_show", "audio_hardware_unload", "midi_restart", "midi_receive"}
LIVE = (
    "audio_object_",
    "audio_hardware_",
    "audio_queue_",
    "audio_component_",
    "audio_unit_",
    "audio_services_",
)
NAMES = [n for n in capi.__all__ if n.startswith((*LIVE, "midi_", "midi1_", "midi2_")) and n not in SKIPPED]
FUNCTIONS = [n for n in NAMES if inspect.isroutine(getattr(capi, n))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_odd_arguments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same odd value everywhere, then each in one place among zeros."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    function = getattr(capi, name)
    count = len(inspect.signature(function).parameters)
    for value in ODD:
        for place in range(count + 1):
            arguments = [value if place in (i, count) else 0 for i in range(count)]
            try:
                result = function(*arguments)
            except ERRORS as error:
                assert str(error)
            else:
                if name.endswith("_client_create"):
                    capi.midi_client_dispose(result)
                elif name == "audio_object_add_property_listener":
                    capi.audio_object_remove_property_listener(*arguments)


@pytest.mark.parametrize("handle", [0, 1, -1, 2**31, 2**32 + 1, 2**48, 2**63 - 1, -(2**63)])
def test_made_up_handles(handle: int) -> None:
    for call in (
        lambda: capi.audio_queue_start(handle),
        lambda: capi.audio_queue_allocate_buffer(handle, 100),
        lambda: capi.audio_queue_enqueue_buffer(handle, handle),
        lambda: capi.audio_queue_dispose(handle),
        lambda: capi.audio_unit_initialize(handle),
        lambda: capi.audio_unit_render(handle, b"", 10),
        lambda: capi.audio_component_instance_dispose(handle),
        lambda: capi.audio_component_get_description(handle),
    ):
        with pytest.raises(RuntimeError):
            call()


def test_stale_and_foreign_handles() -> None:
    queue = capi.audio_queue_new_output(FORMAT)
    other = capi.audio_queue_new_output(FORMAT)
    buffer = capi.audio_queue_allocate_buffer(queue, 4000)
    unit = capi.audio_component_instance_new(capi.audio_component_find_next({"subtype": "genr"}))
    for call in (
        lambda: capi.audio_queue_enqueue_buffer(other, buffer),
        lambda: capi.audio_queue_enqueue_buffer(unit, buffer),
        lambda: capi.audio_queue_start(unit),
        lambda: capi.audio_unit_initialize(queue),
        lambda: capi.audio_component_instance_dispose(queue),
    ):
        with pytest.raises(RuntimeError):
            call()
    capi.audio_queue_dispose(queue)
    capi.audio_queue_dispose(other)
    capi.audio_component_instance_dispose(unit)
    for call in (
        lambda: capi.audio_queue_dispose(queue),
        lambda: capi.audio_queue_enqueue_buffer(queue, buffer),
        lambda: capi.audio_component_instance_dispose(unit),
        lambda: capi.audio_unit_render(unit, b"", 10),
    ):
        with pytest.raises(RuntimeError):
            call()


FORMAT = {
    "sample_rate": 48000.0,
    "format_id": "lpcm",
    "format_flags": 12,
    "bytes_per_packet": 4,
    "frames_per_packet": 1,
    "bytes_per_frame": 4,
    "channels_per_frame": 2,
    "bits_per_channel": 16,
}

MAKERS: dict[str, Callable[[], Any]] = {
    "stream": lambda: SoundStream(False),
    "input": lambda: SoundStream(True),
    "queue": lambda: cm.AudioQueue.new_output(pcm()),
    "unit": lambda: cm.AudioUnit(GENERIC).open(),
    "device unit": cm.AudioUnit.default_output,
    "player": capi.AudioPlayer,
}


def members(thing: Any) -> list[str]:
    return [n for n in dir(type(thing)) if not n.startswith("_")]


@pytest.mark.parametrize("kind", MAKERS)
def test_odd_arguments_of_methods(kind: str) -> None:
    thing = MAKERS[kind]()
    for name in members(thing):
        member = getattr(type(thing), name)
        if name == "set_render_callback" or (name == "start" and kind in ("stream", "input")):
            continue  # ints are addresses of functions there
        for value in ODD:
            if callable(member):
                for count in range(4):
                    quietly(getattr(thing, name), *[value] * count)
                if kind in ("queue", "unit", "device unit") and name in ("close", "dispose", "__exit__"):
                    thing = MAKERS[kind]()
            else:
                quietly(getattr, thing, name)
                quietly(setattr, thing, name, value)
                quietly(delattr, thing, name)


@pytest.mark.parametrize("kind", [k for k in MAKERS if k != "player"])
def test_after_disposal(kind: str) -> None:
    thing = MAKERS[kind]()
    thing.dispose()
    thing.dispose()
    for name in members(thing):
        if callable(getattr(type(thing), name)) and name not in ("stop", "dispose", "close"):
            with suppress(TypeError, RuntimeError):
                getattr(thing, name)()
        else:
            quietly(getattr, thing, name)
    assert repr(thing)


@pytest.mark.parametrize("kind", [SoundStream, cm.AudioQueue, cm.AudioUnit, cm.AudioBuffer, capi.AudioPlayer])
def test_without_init(kind: Any) -> None:
    thing = kind.__new__(kind)
    for name in members(thing):
        quietly(lambda name=name: getattr(thing, name)())
    assert repr(thing)
    if hasattr(thing, "open"):
        with pytest.raises(RuntimeError, match="__init__"):
            kind.__new__(kind).open()


def test_channels_that_the_device_has_not(hand: None) -> None:  # noqa: F811
    for channels in (0, 1, 3, 2**31):
        with pytest.raises(ValueError, match="channels"):
            _engine.virtual_feed(virtual.INPUT, bytes(400000), channels)
        with pytest.raises(ValueError, match="channels"):
            _engine.virtual_read_capture(virtual.OUTPUT, 1000, channels)


# ---- formats that change under a callback


@pytest.mark.parametrize("format", [pcm(channels=1), cm.AudioFormat.pcm(48000.0, channels=1, bits=16)])
def test_format_changes_under_a_callback(format: Any) -> None:
    unit = cm.AudioUnit(GENERIC).open()
    unit.set_render_callback(lambda frames: b"\1" * 8 * frames)
    unit.set_stream_format(format, "input", 0)
    unit.initialize()
    with pytest.raises(cm.AudioUnitError):
        unit.render(5000)
    unit.dispose()


def test_format_changes_under_a_device(hand: None) -> None:  # noqa: F811
    unit = cm.AudioUnit.default_output()
    unit.set_render_callback(lambda frames: b"\1" * 8 * frames)
    unit.set_stream_format(cm.AudioFormat.pcm(48000.0, channels=1, bits=16), "input", 0)
    unit.initialize()
    unit.start()
    virtual.advance(10000)
    unit.dispose()


def test_input_of_other_samples_than_the_output() -> None:
    unit = capi.audio_component_instance_new(capi.audio_component_find_next({"subtype": "genr"}))
    mono = struct.pack("<dIIIIIIII", 48000.0, int.from_bytes(b"lpcm", "big"), 12, 2, 1, 2, 1, 16, 0)
    capi.audio_unit_set_property(unit, 8, 1, 0, mono)
    capi.audio_unit_initialize(unit)
    with pytest.raises(ValueError, match="Float32"):
        capi.audio_unit_render(unit, b"\1" * 80000, 5000)
    capi.audio_component_instance_dispose(unit)


# ---- callbacks that turn on their owners


def test_stream_stopped_by_its_first_call() -> None:
    stream = SoundStream(False)
    for end in (stream.stop, stream.dispose):

        def call(frames: int, end: Callable[[], None] = end) -> bytes:
            end()
            return silence(frames)

        stream.start(call)
        assert not stream.is_active


@pytest.mark.parametrize("is_input", [False, True])
def test_stream_stopped_and_started_by_its_callable(is_input: bool) -> None:
    stream, calls = SoundStream(is_input), []

    def call(*arguments: Any) -> bytes:
        calls.append(1)
        if len(calls) % 3 == 0:
            stream.stop()
            quietly(stream.start, call)
        return silence(arguments[-1])

    def ten_more() -> bool:
        quietly(stream.start, call)
        return len(calls) > 10

    wait_until(ten_more)
    stream.dispose()
    wait_until(lambda: not stream.is_active)


def test_unit_changed_by_its_callback() -> None:
    unit = cm.AudioUnit(GENERIC).open()
    unit.initialize()
    for change in (unit.dispose, lambda: unit.set_render_callback(None), lambda: unit.render(100), unit.stop):

        def call(frames: int, change: Callable[[], Any] = change) -> bytes:
            quietly(change)
            return silence(frames)

        unit.set_render_callback(call)
        quietly(unit.render, 3000)
    unit.dispose()


def test_device_unit_stopped_by_its_first_call() -> None:
    unit = cm.AudioUnit.default_output()
    unit.initialize()

    def call(frames: int) -> bytes:
        unit.stop()
        return silence(frames)

    unit.set_render_callback(call)
    unit.start()
    wait_until(lambda: not unit.is_running)
    unit.dispose()


def test_queue_disposed_by_its_callback() -> None:
    for immediate in (True, False):
        queue = cm.AudioQueue.new_output(pcm(), lambda buffer: buffers and queue.dispose(immediate))  # noqa: B023
        buffers = [queue.allocate_buffer(4096) for _ in range(3)]
        for buffer in buffers:
            queue.enqueue_buffer(buffer)
        queue.start()
        wait_until(lambda: not queue.is_running)  # noqa: B023


def test_queue_forgotten_while_it_drains() -> None:
    for callback in (None, lambda buffer: None):
        for _ in range(10):
            queue = cm.AudioQueue.new_output(pcm(), callback)
            for _ in range(3):
                queue.enqueue_buffer(queue.allocate_buffer(8192))
            queue.start()
            queue.dispose(immediate=False)
            del queue
            gc.collect()
    time.sleep(0.3)


def test_callbacks_that_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(args.exc_type))

    def call(*_: Any) -> Any:
        raise KeyError("no")

    stream = SoundStream(False)
    stream.start(call)
    queue = cm.AudioQueue.new_output(pcm(), call)
    queue.enqueue_buffer(queue.allocate_buffer(512))
    queue.start()
    unit = cm.AudioUnit(GENERIC).open()
    unit.set_render_callback(call)
    unit.initialize()
    unit.render(100)
    wait_until(lambda: len(seen) > 3)
    for thing in (stream, queue, unit):
        thing.dispose()
    assert set(seen) == {KeyError}


ADDRESS = (1, "dev#", "glob", 0)


class Listener:
    """Equal to nothing, and removes the others while it is compared."""

    def __init__(self, others: list[Listener]) -> None:
        self.others, self.busy = others, False
        others.append(self)

    def __call__(self, *_: int) -> None: ...

    def __eq__(self, other: object) -> bool:
        if not self.busy:
            self.busy = True
            for listener in self.others:
                quietly(capi.audio_object_remove_property_listener, *ADDRESS, listener)
            self.busy = False
        return False

    __hash__ = None  # type: ignore[assignment]


class Incomparable(Listener):
    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError


def test_a_listener_that_is_refused_while_another_thread_removes_it() -> None:
    """The HAL refuses without the GIL; what was about to be added was found and taken out of the list twice."""
    request = (999_999, *ADDRESS[1:], print)
    ends = threading.Event()

    def remove() -> None:
        while not ends.is_set():
            capi.audio_object_remove_property_listener(*request)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=remove) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(10_000):
            quietly(capi.audio_object_add_property_listener, *request)
    finally:
        ends.set()
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()


def test_listeners_that_change_while_they_are_compared() -> None:
    others: list[Listener] = []
    for _ in range(4):
        capi.audio_object_add_property_listener(*ADDRESS, Listener(others))
    with pytest.raises(RuntimeError, match="changed"):
        capi.audio_object_remove_property_listener(*ADDRESS, print)
    last = Incomparable([])
    capi.audio_object_add_property_listener(*ADDRESS, last)
    with pytest.raises(ZeroDivisionError):
        capi.audio_object_remove_property_listener(*ADDRESS, print)
    capi.audio_object_remove_property_listener(*ADDRESS, last)


# ---- many threads on one object


def test_stream_of_many_threads() -> None:
    stream = SoundStream(False)
    at_once(
        lambda: stream.start(silence),
        stream.start,
        stream.stop,
        lambda: stream.write(silence(100), 0.01),
        lambda: (stream.queued, stream.frames, stream.dropouts, stream.is_active, stream.is_finished),
    )
    stream.dispose()


def test_unit_of_many_threads() -> None:
    unit = cm.AudioUnit.default_output()
    at_once(
        unit.start,
        unit.stop,
        lambda: unit.set_render_callback(silence),
        lambda: (unit.uninitialize(), unit.initialize()),
        lambda: unit.set_stream_format(pcm(44100.0), "input"),
    )
    unit.dispose()


def test_rendering_unit_of_many_threads() -> None:
    unit = cm.AudioUnit(GENERIC).open()
    unit.initialize()
    at_once(
        lambda: unit.render(3000),
        lambda: unit.render(100),
        lambda: unit.set_render_callback(silence),
        lambda: unit.set_render_callback(None),
        lambda: unit.set_stream_format(pcm(channels=1), "output"),
    )
    unit.dispose()


def test_queue_disposed_under_many_threads() -> None:
    for _ in range(20):
        queue = cm.AudioQueue.new_output(pcm())

        def use(queue: Any = queue) -> None:
            buffer = queue.allocate_buffer(4096)
            queue.enqueue_buffer(buffer)
            queue.start()
            assert buffer.data_size
            queue.stop()

        at_once(use, use, lambda queue=queue: (time.sleep(0.02), queue.dispose()), seconds=0.05)


def test_opened_by_many_threads() -> None:
    for make in (lambda: cm.AudioUnit(GENERIC), lambda: cm.AudioQueue(pcm())) * 20:
        thing: Any = make()
        threads = [threading.Thread(target=quietly, args=(thing.open,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        thing.dispose()


def test_player_of_many_threads(tmp_path: Any) -> None:
    for name, seconds in (("long.wav", 2), ("short.wav", 0.02)):
        with cm.AudioFile(tmp_path / name, "w", format=pcm()) as file:
            file.write(bytes(int(8 * 48000 * seconds)))
    player = capi.AudioPlayer()
    player.setup_output()
    at_once(
        player.start,
        player.stop,
        lambda: [player.load_file(tmp_path / name) for name in ("long.wav", "short.wav")],
        lambda: (player.seek(player.duration / 2), player.set_loop_region(0, player.duration / 3)),
        lambda: [setattr(player, "rate", rate) for rate in (0.5, 1, 3)],
        lambda: (player.position, player.get_progress(), player.is_playing(), player.underruns),
        player.setup_output,
    )
    player.stop()
    player.load_file(tmp_path / "short.wav")
    ended = threading.Event()
    player.on_end = ended.set
    player.rate = 1.0
    player.start()
    assert ended.wait(20)


# ---- death


def test_player_used_by_another_finalizer() -> None:
    results: list[Any] = []

    class Owner:
        def __init__(self) -> None:
            self.player = capi.AudioPlayer()
            self.player.on_end = self.__del__

        def __del__(self) -> None:
            player = self.player
            results.append((player.position, player.duration, player.get_progress(), player.is_playing()))
            for call in (player.start, player.stop, lambda: player.seek(0), player.setup_output):
                quietly(call)

    for _ in range(5):
        Owner()
        gc.collect()
    assert results == [(0.0, 0.0, 0.0, False)] * 5


def test_callback_whose_death_uses_the_object() -> None:
    class Callback:
        owner: Any = None

        def __call__(self, *arguments: Any) -> bytes:
            return silence(arguments[-1])

        def __del__(self) -> None:
            quietly(self.owner.stop)
            quietly(self.owner.dispose)

    for make in (lambda: SoundStream(False), cm.AudioUnit.default_output):
        thing, callback = make(), Callback()
        callback.owner = thing
        if isinstance(thing, cm.AudioUnit):
            thing.set_render_callback(callback)
            thing.initialize()
            thing.start()
        else:
            thing.start(callback)
        del callback
        thing.stop()
        thing.dispose()


@pytest.mark.parametrize("make", [lambda: cm.AudioUnit(GENERIC).open(), cm.AudioUnit.default_output])
def test_render_callback_is_let_go(make: Callable[[], Any]) -> None:
    class Callback:
        def __call__(self, frames: int) -> bytes:
            return silence(frames)

    seen = []
    for disposed in (True, False):
        unit, callback = make(), Callback()
        seen.append(weakref.ref(callback))
        unit.set_render_callback(callback)
        unit.initialize()
        if disposed:
            unit.dispose()
        del unit, callback
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


def cycles() -> dict[str, Callable[[], Any]]:
    stream, unit = SoundStream(False), cm.AudioUnit.default_output()
    unit.set_render_callback(silence)
    unit.initialize()
    queue = cm.AudioQueue.new_output(pcm())
    player = capi.AudioPlayer()
    player.setup_output()

    def unit_with_callback() -> None:
        made = cm.AudioUnit(GENERIC).open()
        made.set_render_callback(silence)
        made.initialize()
        made.render(64)

    def queue_with_buffer() -> None:
        made = cm.AudioQueue.new_output(pcm())
        made.enqueue_buffer(made.allocate_buffer(4096))

    def client() -> None:
        made = capi.midi_client_create("abuse")
        capi.midi_set_callback(capi.midi_input_port_create(made, "in"), print)
        capi.midi_destination_create(made, "here")
        capi.midi_client_dispose(made)

    return {
        "stream": lambda: (stream.start(silence), stream.stop()),
        "unit": lambda: (unit.start(), unit.stop()),
        "queue": lambda: (queue.start(), queue.stop()),
        "player": lambda: (player.start(), player.stop()),
        "new stream": lambda: SoundStream(True),
        "new unit": unit_with_callback,
        "new queue": queue_with_buffer,
        "new player": lambda: capi.AudioPlayer().setup_output(),
        "new client": client,
    }


CYCLES = (
    "stream",
    "unit",
    "queue",
    "player",
    "new stream",
    "new unit",
    "new queue",
    "new player",
    "new client",
)


@pytest.mark.parametrize("name", CYCLES)
def test_a_thousand_times(name: str) -> None:
    """A leak shows in every batch; what fills up once shows in the first."""
    if "COREMUSIC_SANITIZED" in os.environ:
        pytest.skip("the sanitizer keeps freed memory")
    operation = cycles()[name]
    for _ in range(100):
        operation()
    gc.collect()
    before, grown = open_descriptors(), []
    for _ in range(3):
        memory = resident_bytes()
        for _ in range(300):
            operation()
        gc.collect()
        grown.append(resident_bytes() - memory)
    assert min(grown) < 300_000, grown
    assert open_descriptors() <= before + 2


def ended_well(child: int, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def test_fork_after_use() -> None:
    """A child has none of the threads: what it inherits ends without them, and new sound can be made."""
    stream, queue = SoundStream(False), cm.AudioQueue.new_output(pcm())
    stream.start(silence)
    queue.enqueue_buffer(queue.allocate_buffer(8192))
    queue.start()

    def new_stream() -> None:
        made = SoundStream(False)
        made.start(silence)
        made.stop()

    def new_queue() -> None:
        made = cm.AudioQueue.new_output(pcm())
        made.start()
        made.dispose()

    actions: list[Callable[[], Any]] = [stream.stop, queue.stop, queue.dispose]
    if CHILDREN_START_THREADS:
        actions += [new_stream, new_queue]
    for action in actions:
        child = os.fork()
        if child == 0:
            quietly(action)
            os._exit(0)
        assert ended_well(child), action
    for thing in (stream, queue):
        thing.dispose()


@needs_allocator_in_child
def test_a_child_cannot_use_its_parents_player_or_unit(tmp_path: Any) -> None:
    """Whoever held their locks when the child was made never gives them back there: an error, at once."""
    path = tmp_path / "noise.wav"
    sf.write(path, noise(48000), 48000)
    player, unit = capi.AudioPlayer(), cm.AudioUnit.default_output()
    player.load_file(str(path))
    player.setup_output()
    player.start()
    unit.initialize()
    unit.start()
    done = threading.Event()

    def keep_the_locks_busy() -> None:
        while not done.is_set():
            player.seek(0.1)
            player.set_looping(True)
            player.rate = 1.5
            quietly(unit.get_stream_format)

    def set_rate() -> None:
        player.rate = 2.0

    calls: list[Callable[[], Any]] = [
        player.start,
        player.stop,
        player.resume,
        player.setup_output,
        player.reset_playback,
        set_rate,
        lambda: player.load_file(str(path)),
        lambda: player.seek(0.2),
        lambda: player.set_looping(False),
        lambda: player.set_loop_region(0.0, 0.5),
        lambda: player.is_ready,
        unit.start,
        unit.stop,
        unit.uninitialize,
        unit.get_stream_format,
    ]
    thread = threading.Thread(target=keep_the_locks_busy)
    thread.start()
    try:
        for _ in range(10):
            child = os.fork()
            if child == 0:
                refused = 0
                for call in calls:
                    with suppress(RuntimeError, cm.CoreAudioError):
                        call()
                        os.write(2, f"{call} was not refused\n".encode())
                        refused -= 1
                    refused += 1
                os._exit(0 if refused == len(calls) else 1)
            assert ended_well(child)
    finally:
        done.set()
        thread.join()
    player.stop()
    unit.dispose()


@pytest.mark.skipif(
    not CHILDREN_START_THREADS,
    reason="the thread sanitizer allows no threads in a child of a program with some",
)
def test_a_child_makes_its_own_player() -> None:
    child = os.fork()
    if child == 0:
        player = capi.AudioPlayer()
        player.setup_output()
        os._exit(player.start() or player.stop())
    assert ended_well(child)
