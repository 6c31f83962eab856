"""Audio files and queues in asyncio programs: what blocks runs on a thread, the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from importlib.machinery import PathFinder
from os import PathLike
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..audio_format import AudioFormat
from ..objects import AudioBuffer, AudioFile, AudioQueue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["AsyncAudioFile", "AsyncAudioQueue", "create_output_queue_async", "open_audio_file_async"]

T = TypeVar("T")
NUMPY_AVAILABLE = PathFinder.find_spec("numpy") is not None


async def _on_thread(call: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, call, *arguments)


class AsyncAudioFile:
    """An AudioFile whose reading does not block the event loop.

    >>> async def frames(path):
    ...     async with AsyncAudioFile(path) as file:
    ...         return (await file.read_frames_async(1000)).shape
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._file = AudioFile(path)
        self._path = str(path)

    async def open_async(self) -> Self:
        """Opens the file. AudioFileError when it cannot be read."""
        await _on_thread(self._file.open)
        return self

    async def close_async(self) -> None:
        """Closes the file, for good."""
        await _on_thread(self._file.close)

    async def __aenter__(self) -> Self:
        return await self.open_async()

    async def __aexit__(self, *_: object) -> None:
        await self.close_async()

    @property
    def path(self) -> str:
        """The path as given."""
        return self._path

    @property
    def format(self) -> AudioFormat:
        """How the audio is coded; opens the file if need be."""
        return self._file.format

    @property
    def duration(self) -> float:
        """Seconds; opens the file if need be."""
        return self._file.duration

    async def read_packets_async(self, start_packet: int, packet_count: int) -> tuple[bytes, int]:
        """Packets as they are in the file: (data, how many)."""
        return await _on_thread(self._file.read_packets, start_packet, packet_count)

    async def read_chunks_async(
        self, chunk_size: int = 4096, start_packet: int = 0, total_packets: int | None = None
    ) -> AsyncIterator[bytes]:
        """The data of chunk_size packets at a time, to the end of the file or until total_packets were read."""
        async for data, _ in self._chunks(chunk_size, start_packet, total_packets):
            yield data

    async def _chunks(
        self, chunk_size: int, start: int, total: int | None
    ) -> AsyncIterator[tuple[bytes, int]]:
        if chunk_size < 1:
            raise ValueError("chunk_size must be at least 1")
        left = total
        while left is None or left > 0:
            wanted = chunk_size if left is None else min(chunk_size, left)
            data, count = await self.read_packets_async(start, wanted)
            if count == 0:
                return
            start += count
            left = None if left is None else left - count
            yield data, count

    if NUMPY_AVAILABLE:

        async def read_as_numpy_async(
            self, start_packet: int = 0, packet_count: int | None = None
        ) -> NDArray[Any]:
            """Packets of linear PCM as AudioFile.read_as_numpy gives them."""
            return await _on_thread(self._file.read_as_numpy, start_packet, packet_count)

        async def read_chunks_numpy_async(
            self, chunk_size: int = 4096, start_packet: int = 0, total_packets: int | None = None
        ) -> AsyncIterator[NDArray[Any]]:
            """The same, chunk_size packets at a time. Errors of the file are raised."""
            if chunk_size < 1:
                raise ValueError("chunk_size must be at least 1")
            end = self._file.packet_count
            if total_packets is not None:
                end = min(end, start_packet + total_packets)
            for start in range(start_packet, end, chunk_size):
                yield await self.read_as_numpy_async(start, min(chunk_size, end - start))

        async def read_frames_async(self, frames: int = -1, dtype: Any = "float32") -> NDArray[np.generic]:
            """The next frames, decoded, as AudioFile.read gives them: shape (frames, channels); -1: all."""
            return await _on_thread(self._file.read, frames, dtype)

    def __repr__(self) -> str:
        return f"AsyncAudioFile({self._path})"


async def open_audio_file_async(path: str | PathLike[str]) -> AsyncAudioFile:
    """An open AsyncAudioFile."""
    return await AsyncAudioFile(path).open_async()


class _Opening(Awaitable["AsyncAudioQueue"]):
    """A queue that is being made: ``await`` it, or enter it with ``async with``."""

    def __init__(self, make: Callable[[], AsyncAudioQueue]) -> None:
        self._make = make
        self._queue: AsyncAudioQueue | None = None

    def __await__(self) -> Generator[Any, None, AsyncAudioQueue]:
        return _on_thread(self._make).__await__()

    async def __aenter__(self) -> AsyncAudioQueue:
        self._queue = await self
        return self._queue

    async def __aexit__(self, *_: object) -> None:
        if self._queue is not None:
            await self._queue.dispose_async()


class AsyncAudioQueue:
    """An AudioQueue whose calls do not block the event loop. Errors are those of AudioQueue."""

    def __init__(self, audio_queue: AudioQueue) -> None:
        self._queue = audio_queue

    @classmethod
    def new_output_async(cls, audio_format: AudioFormat) -> _Opening:
        """``await`` gives a queue that plays; ``async with`` disposes of it at the end."""
        return _Opening(lambda: cls(AudioQueue.new_output(audio_format)))

    @property
    def format(self) -> AudioFormat:
        """The AudioFormat of the data."""
        return self._queue.format

    async def allocate_buffer_async(self, buffer_size: int) -> AudioBuffer:
        """A buffer of so many bytes that belongs to the queue."""
        return await _on_thread(self._queue.allocate_buffer, buffer_size)

    async def enqueue_buffer_async(self, buffer: AudioBuffer) -> None:
        """Appends a buffer to what is played."""
        await _on_thread(self._queue.enqueue_buffer, buffer)

    async def start_async(self) -> None:
        """Starts, or goes on."""
        await _on_thread(self._queue.start)

    async def stop_async(self, immediate: bool = True) -> None:
        """Stops now, or when what is enqueued has been played."""
        await _on_thread(self._queue.stop, immediate)

    async def dispose_async(self, immediate: bool = True) -> None:
        """Frees the queue and its buffers."""
        await _on_thread(self._queue.dispose, immediate)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.dispose_async()

    def __repr__(self) -> str:
        return f"AsyncAudioQueue(format={self.format!r})"


async def create_output_queue_async(audio_format: AudioFormat) -> AsyncAudioQueue:
    """A queue that plays."""
    return await AsyncAudioQueue.new_output_async(audio_format)
