"""Live sound: streams from and to devices, processors between them, and graphs of processors.

Samples are float32, as devices mix nothing else, full scale at +-1: arrays of shape (frames, channels) where NumPy is
installed, else bytes of interleaved samples. Bytes may always be given. Numbers in one row, shape (frames,), are the
frames of one channel, and refused where there are more.

A stream has a ring between the device and Python, so a late callback is a counted gap and never a stalled device. Where
Python is too slow at all, give a C function: a ctypes or cffi function pointer or a numba cfunc of type
``void f(float *samples, uint32_t frames, uint32_t channels, void *user)``, which runs on the device's thread without
the GIL.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any, Literal, Self

from .._flat import flat_bytes
from .._objects import SoundStream
from ..audio_device import AudioDevice, AudioDeviceManager

if TYPE_CHECKING:
    from .stream_graph import (
        AudioProcessor as AudioProcessor,
    )
    from .stream_graph import (
        StreamGraph as StreamGraph,
    )
    from .stream_graph import (
        StreamNode as StreamNode,
    )
    from .stream_graph import (
        create_loopback as create_loopback,
    )

__all__ = [
    "AudioInputStream",
    "AudioOutputStream",
    "AudioProcessor",
    "StreamGraph",
    "StreamNode",
    "create_loopback",
]

logger = logging.getLogger(__name__)
NUMPY_AVAILABLE = PathFinder.find_spec("numpy") is not None
IS_ALIVE = "livn"
MOVING_SECONDS = 0.01
BYTE_FORMATS = ("B", "b", "c")
PLAIN_FORMATS = ("f", "<f", *BYTE_FORMATS)  # float32, or bytes of it

OnDeviceLost = Literal["move", "stop"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from . import stream_graph

        return getattr(stream_graph, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _as_samples(data: bytes, channels: int) -> Any:
    """What a callback is given: an array of shape (frames, channels), or the bytes."""
    if not NUMPY_AVAILABLE:
        return data
    import numpy as np

    return np.frombuffer(data, np.float32).reshape(-1, channels)


def _as_buffer(samples: Any, channels: int) -> Any:
    """Contiguous float32 samples of whatever a generator made of numbers; bytes are interleaved.

    TypeError for what are no numbers, and arrays of integers, whose full scale is another; ValueError for another
    number of channels, of which numbers in one row are one.
    """
    if isinstance(samples, (bytes, bytearray)):
        return samples
    if isinstance(samples, memoryview) or not NUMPY_AVAILABLE:
        view = memoryview(samples)
        if view.format not in PLAIN_FORMATS:
            raise TypeError(
                f"samples are of format {view.format!r}; a stream takes float32, full scale at +-1"
            )
        if view.format not in BYTE_FORMATS:
            _check_shape(tuple(view.shape or ()), channels)
        return view
    import numpy as np

    found = np.asarray(samples)
    if found.dtype.kind != "f" and (isinstance(samples, np.ndarray) or found.dtype.kind not in "iu"):
        raise TypeError(f"samples are {found.dtype}; a stream takes float32, full scale at +-1 (dsp.convert)")
    found = np.ascontiguousarray(found, np.float32)
    _check_shape(found.shape, channels)
    return found


def _check_shape(shape: tuple[int, ...], channels: int) -> None:
    if 0 in shape or shape[1:] == (channels,) or (len(shape) == 1 and channels == 1):
        return
    advice = f"; interleaved ones are reshape(-1, {channels})" if len(shape) == 1 else ""
    raise ValueError(f"samples of shape {shape} for a stream of {channels} channels{advice}")


def _function_address(function: Any) -> int:
    """The address of a C function, or 0 for anything else."""
    kind = type(function)
    if isinstance(getattr(function, "address", None), int):  # numba's cfunc
        return int(function.address)
    if kind.__module__.startswith("_cffi_backend") or kind.__name__ == "_CDataBase":
        from _cffi_backend import FFI  # type: ignore[import-untyped]

        return int(FFI().cast("intptr_t", function))
    if any(base.__module__ == "_ctypes" and base.__name__.endswith("CFuncPtr") for base in kind.__mro__):
        import ctypes

        return int(ctypes.cast(function, ctypes.c_void_p).value or 0)
    return 0


def _ignore(*_: int) -> None:
    pass


def _weakly(stream: _Stream) -> Callable[..., None]:
    """A listener that does not keep the stream alive."""
    reference = weakref.ref(stream)

    def changed(*_: int) -> None:
        listening = reference()
        if listening is not None:
            listening._device_changed()

    return changed


_streams: weakref.WeakSet[_Stream] = weakref.WeakSet()


def _renew_locks() -> None:
    """In a child of fork(): a thread that held one in the parent is not there to give it back."""
    for stream in _streams:
        stream._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class _Stream:
    """What both directions have: settings, life, and what happens when the device goes away."""

    _is_input = False

    def __init__(
        self,
        device: AudioDevice | None,
        channels: int,
        sample_rate: float,
        buffer_size: int,
        buffers: int,
        on_device_lost: OnDeviceLost,
    ) -> None:
        if not isinstance(device, AudioDevice | None):
            raise TypeError(f"device must be an AudioDevice or None, not {type(device).__name__}")
        if on_device_lost not in ("move", "stop"):
            raise ValueError("on_device_lost must be 'move' or 'stop'")
        self.device = device
        self.channels = channels
        self.sample_rate = sample_rate
        self.buffer_size = buffer_size
        self.buffers = buffers
        self.on_device_lost = on_device_lost
        #: Called with the stream when its device is gone and it has stopped, on another thread.
        self.on_lost: Callable[[Any], object] | None = None
        self._sound: SoundStream | None = None
        self._watched: AudioDevice | None = None
        self._watcher: Callable[..., None] = _ignore
        self._lost = False
        self._wanted = False  # started and not stopped
        self._counts = [0, 0]  # dropouts and frames of native streams that have ended
        self._lock = threading.RLock()
        _streams.add(self)

    # ---- the native stream ----

    def _follows_default(self) -> bool:
        """An output without a device of its own is moved by the framework itself."""
        return not self._is_input and self.device is None and self.on_device_lost == "move"

    def _choose_device(self) -> AudioDevice | None:
        if self.device is not None:
            return self.device
        if self._follows_default():
            return None
        manager = AudioDeviceManager
        return manager.get_default_input_device() if self._is_input else manager.get_default_output_device()

    def _begin(self, callback: Callable[..., Any] | None, function: int = 0, user: int = 0) -> None:
        device = self._choose_device()
        sound = SoundStream(
            self._is_input,
            device.object_id if device else 0,
            self.channels,
            self.sample_rate,
            self.buffer_size,
            self.buffers,
        )
        try:
            sound.start(callback, function, user)
        except Exception as error:
            raise RuntimeError(f"Failed to start {type(self).__name__}: {error}") from error
        self._sound = sound
        self._lost, self._wanted = False, True
        if device is not None:
            self._watched = device
            with contextlib.suppress(Exception):
                self._watcher = _weakly(self)
                device.add_listener(IS_ALIVE, self._watcher)

    def _take(self) -> tuple[SoundStream | None, AudioDevice | None, Callable[..., None]]:
        """Under the lock: what runs now, which is the caller's to end."""
        taken = self._sound, self._watched, self._watcher
        self._sound, self._watched = None, None
        return taken

    def _end(
        self, sound: SoundStream | None, watched: AudioDevice | None, watcher: Callable[..., None]
    ) -> None:
        """Without the lock, since it waits for a listener that may be waiting for it. Never raises."""
        if watched is not None:
            with contextlib.suppress(Exception):
                watched.remove_listener(IS_ALIVE, watcher)
        if sound is not None:
            sound.stop()
            self._counts[0] += sound.dropouts
            self._counts[1] += sound.frames

    def _device_changed(self) -> None:
        """On the thread of the HAL's listeners."""
        with self._lock:
            if self._watched is None or self._watched.is_alive:
                return
            taken = self._take()
        self._end(*taken)
        with self._lock:
            if not self._wanted or self._sound is not None:  # stopped, or started again, meanwhile
                return
            if self.device is None and self.on_device_lost == "move":
                try:
                    self._restart()
                    return
                except Exception as error:
                    logger.warning("no device to move to: %s", error)
            self._lost, self._wanted = True, False
            told = self.on_lost
        if told is not None:
            told(self)

    def _restart(self) -> None:
        raise RuntimeError("this stream cannot be started again by itself")

    # ---- what a user sees ----

    def stop(self) -> None:
        """Stops; nothing is called any more when it returns, unless a callback calls it. Never raises."""
        with self._lock:
            self._wanted = False
            taken = self._take()
        self._end(*taken)

    @property
    def is_active(self) -> bool:
        """True from start() to stop(), or to the loss of the device."""
        sound = self._sound
        return sound is not None and sound.is_active

    @property
    def is_lost(self) -> bool:
        """True once the stream has stopped because its device is gone."""
        return self._lost

    @property
    def latency(self) -> float:
        """Seconds of one buffer: buffer_size / sample_rate."""
        return self.buffer_size / self.sample_rate

    @property
    def frames(self) -> int:
        """Frames exchanged with the device so far."""
        sound = self._sound
        return self._counts[1] + (sound.frames if sound else 0)

    def _dropouts(self) -> int:
        sound = self._sound
        return self._counts[0] + (sound.dropouts if sound else 0)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "active" if self.is_active else "lost" if self._lost else "stopped"
        device = self.device.name if self.device else "default"
        return (
            f"{type(self).__name__}({device}, {self.channels} channels, {self.sample_rate:g} Hz, "
            f"{self.buffer_size} frames, {state})"
        )


class AudioInputStream(_Stream):
    """Records: to callbacks, as blocks of an iteration, or by read().

    device: None for the default input. channels, sample_rate (Hz): what callbacks get; the device's own are converted.
    buffer_size: frames in a block. buffers: blocks in the ring, beyond which sound is lost and counted.
    on_device_lost: "move" to the new default (when device is None), or "stop" and call on_lost.

    >>> with AudioInputStream() as stream:                                # doctest: +SKIP
    ...     second = stream.read(44100)
    """

    _is_input = True

    def __init__(
        self,
        device: AudioDevice | None = None,
        channels: int = 2,
        sample_rate: float = 44100.0,
        buffer_size: int = 512,
        *,
        buffers: int = 8,
        on_device_lost: OnDeviceLost = "move",
    ) -> None:
        super().__init__(device, channels, sample_rate, buffer_size, buffers, on_device_lost)
        self._callbacks: list[Callable[[Any, int], object]] = []
        self._function: Any = None
        self._user = 0

    def add_callback(self, callback: Callable[[Any, int], object], user: int = 0) -> None:
        """Calls callback(data, frame_count) for each block, on a thread of the stream's.

        A C function takes the place of all callbacks; the address `user` is its last argument. What a callback
        raises goes to the log, and the stream goes on. While the stream runs, callbacks can be added where there is
        one already.
        """
        if _function_address(callback):
            self._function, self._user = callback, user
        elif callable(callback):
            self._callbacks.append(callback)
        else:
            raise TypeError("callback must be callable or a C function")

    def remove_callback(self, callback: Callable[[Any, int], object]) -> None:
        """Ends that; nothing happens when it was not added."""
        if callback is self._function:
            self._function = None
        elif callback in self._callbacks:
            self._callbacks.remove(callback)

    def _deliver(self, data: bytes, frames: int) -> None:
        samples = _as_samples(data, self.channels)
        for callback in tuple(self._callbacks):
            try:
                callback(samples, frames)
            except Exception:
                logger.exception("a callback of %r failed", self)

    def _restart(self) -> None:
        address = _function_address(self._function) if self._function is not None else 0
        self._begin(self._deliver if self._callbacks and not address else None, address, self._user)

    def start(self) -> None:
        """Starts recording. RuntimeError when it runs already or the device does not start."""
        with self._lock:
            if self._sound is not None:
                raise RuntimeError("the stream is active")
            self._restart()

    def read(self, frames: int, timeout: float | None = None) -> Any:
        """The next frames, waiting for them at most timeout seconds (None: as long as it takes).

        Fewer come when the time is over or the stream stops. RuntimeError while it does not run or has callbacks.
        """
        sound = self._sound
        if sound is None:
            raise RuntimeError("the stream is not active")
        return _as_samples(sound.read(frames, timeout), self.channels)

    @property
    def overruns(self) -> int:
        """How often a block came that the ring had no room for, since nobody took what was there."""
        return self._dropouts()

    def __enter__(self) -> Self:
        self.start()
        return self

    def next_block(self, frames: int, timeout: float) -> Any | None:
        """What read() gives, also while the stream moves to another device; None once it has stopped or lost its own.

        timeout: seconds. RuntimeError when the stream has callbacks, or another thread is reading.
        """
        if not self._wanted:
            return None
        sound, data = self._sound, b""
        if sound is None:
            time.sleep(min(timeout, MOVING_SECONDS))
        else:
            try:
                data = sound.read(frames, timeout)
            except RuntimeError:
                if sound.is_active:
                    raise  # else it was stopped between the two lines
        return _as_samples(data, self.channels)

    def __iter__(self) -> Iterator[Any]:
        """Blocks of buffer_size frames, until the stream stops."""
        while (block := self.next_block(self.buffer_size, 0.25)) is not None:
            if len(block):
                yield block

    async def __aiter__(self) -> AsyncIterator[Any]:
        """The same for ``async for``, without blocking the event loop."""
        run = asyncio.get_running_loop().run_in_executor
        while (block := await run(None, self.next_block, self.buffer_size, 0.25)) is not None:
            if len(block):
                yield block


class AudioOutputStream(_Stream):
    """Plays: what a generator function makes, what an iterator gives, or what write() is given.

    device: None for the default output. channels, sample_rate (Hz): of what is given; converted to the device's.
    buffer_size: frames that the generator is asked for. buffers: how many such blocks are made ahead.
    on_device_lost: "move" to the new default (when device is None), or "stop" and call on_lost.

    >>> stream = AudioOutputStream(channels=1)
    >>> stream.set_generator(lambda frames: bytes(4 * frames))
    """

    def __init__(
        self,
        device: AudioDevice | None = None,
        channels: int = 2,
        sample_rate: float = 44100.0,
        buffer_size: int = 512,
        *,
        buffers: int = 4,
        on_device_lost: OnDeviceLost = "move",
    ) -> None:
        super().__init__(device, channels, sample_rate, buffer_size, buffers, on_device_lost)
        self._generator: Any = None
        self._user = 0

    def set_generator(self, generator: Any, user: int = 0) -> None:
        """What is played from the next start(): generator(frame_count) returns samples of so many frames, None to end.

        Samples: as for write(); fewer frames than asked for are followed by silence. A Python generator or another
        iterator of such blocks is taken, too. It is called on a thread of the stream's; what it raises goes to
        sys.unraisablehook, and silence to the device. A C function runs on the device's thread, with the address
        `user` as its last argument.
        """
        if not (callable(generator) or _function_address(generator) or hasattr(generator, "__next__")):
            raise TypeError("generator must be callable, an iterator or a C function")
        self._generator = generator
        self._user = user

    def _callback(self) -> Callable[[int], Any]:
        generator, channels = self._generator, self.channels
        if hasattr(generator, "__next__"):
            return _Blocks(generator, channels)
        return lambda frames: None if (made := generator(frames)) is None else _as_buffer(made, channels)

    def _restart(self) -> None:
        address = _function_address(self._generator) if self._generator is not None else 0
        callback = self._callback() if self._generator is not None and not address else None
        self._begin(callback, address, self._user)

    def start(self) -> None:
        """Starts playing. RuntimeError when it runs already, has no generator, or the device does not start."""
        with self._lock:
            if self._sound is not None:
                raise RuntimeError("the stream is active")
            if self._generator is None:
                raise RuntimeError("the stream has no generator: call set_generator(), or open_for_writing()")
            self._restart()

    def open_for_writing(self) -> Self:
        """Starts a stream that plays what write() is given; returns self."""
        with self._lock:
            if self._sound is not None:
                raise RuntimeError("the stream is active")
            self._generator = None
            self._begin(None)
        return self

    def write(self, samples: Any, timeout: float | None = None) -> int:
        """Queues samples, waiting for room at most timeout seconds (None: as long as it takes).

        samples: float32 of shape (frames, channels), or (frames,) for one channel; bytes are interleaved samples.
        Returns how many frames were taken. TypeError for arrays of integers, ValueError for another number of
        channels, RuntimeError unless open_for_writing() has started the stream.
        """
        sound = self._sound
        if sound is None:
            raise RuntimeError("the stream is not active")
        return sound.write(_as_buffer(samples, self.channels), timeout)

    async def write_async(self, samples: Any) -> int:
        """The same without blocking the event loop."""
        return await asyncio.get_running_loop().run_in_executor(None, self.write, samples)

    @property
    def underruns(self) -> int:
        """How often the device wanted samples that were not there yet.

        What a sound server loses by itself does not count: PipeWire plays silence when it is late, and tells nobody.
        """
        return self._dropouts()

    @property
    def is_finished(self) -> bool:
        """True once the generator has ended and everything was played."""
        sound = self._sound
        return sound is not None and sound.is_finished

    def __enter__(self) -> Self:
        if self._generator is None:
            return self.open_for_writing()
        self.start()
        return self


class _Blocks:
    """An iterator's blocks, of any length, as blocks of the length that is asked for."""

    def __init__(self, blocks: Iterator[Any], channels: int) -> None:
        self._blocks = blocks
        self._channels = channels
        self._frame = 4 * channels
        self._rest = b""
        self._ended = False

    def __call__(self, frames: int) -> bytes | None:
        wanted = frames * self._frame
        parts, held = [self._rest], len(self._rest)
        while held < wanted and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                parts.append(bytes(flat_bytes(_as_buffer(block, self._channels))))
                held += len(parts[-1])
        data = b"".join(parts)
        self._rest = data[wanted:]
        return data[:wanted] or None
