"""WAVE and AIFF files mapped into memory: parts of large files are read without loading or copying the rest.

WAVE with PCM of 8 to 32 bits or floats (EXTENSIBLE, RF64 and BW64 too), AIFF and uncompressed AIFF-C. The
files are parsed here; nothing native of coremusic is used.
"""

from __future__ import annotations

import importlib.util
import mmap
import operator
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from coremusic.audio._pcm_container import PCMContainer, parse
from coremusic.buffer_utils import AudioStreamBasicDescription

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["NUMPY_AVAILABLE", "MMapAudioFile"]

NUMPY_AVAILABLE: bool = importlib.util.find_spec("numpy") is not None
"""Whether NumPy is installed; it is imported when samples are first asked for."""


class MMapAudioFile:
    """A WAVE or AIFF file in memory, read-only.

    The file is opened when something of it is first asked for, and can be opened again after close. What was
    read as views stays valid after close; the memory is given up with the last view. Nobody may make the file
    shorter while it is mapped.

    Args:
        path: The file.

    >>> import tempfile, wave
    >>> from coremusic.audio.mmap_file import MMapAudioFile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with wave.open(folder.name + "/short.wav", "wb") as out:
    ...     out.setparams((1, 2, 8000, 0, "NONE", ""))
    ...     out.writeframes(bytes([1, 0, 2, 0, 3, 0]))
    >>> with MMapAudioFile(folder.name + "/short.wav") as file:
    ...     print(file, file.duration, file[-1], file.read_frames(0, 1))
    MMapAudioFile(short.wav, 8000.0Hz, 1ch, 3 frames) 0.000375 3 b'\\x01\\x00'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._data: memoryview | None = None
        self._container: PCMContainer | None = None

    def open(self) -> MMapAudioFile:
        """Maps the file; does nothing where it is open.

        Returns:
            This object.

        Raises:
            FileNotFoundError: There is no such file (or another OSError: a folder, no permission).
            ValueError: Not a WAVE or AIFF file, an encoding other than PCM, or no audio data in it.
        """
        if self._data is None:
            data = _map(self.path)
            self._container = parse(data)
            self._data = data
        return self

    def close(self) -> None:
        """Gives the file up; does nothing where it is closed. Views that are in use stay valid."""
        self._data = None
        self._container = None

    def __enter__(self) -> MMapAudioFile:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> tuple[memoryview, PCMContainer]:
        self.open()
        assert self._data is not None and self._container is not None
        return self._data, self._container

    @property
    def format(self) -> AudioStreamBasicDescription:
        """The format of the samples in the file."""
        return self._opened()[1].format

    @property
    def sample_rate(self) -> float:
        """Frames per second."""
        return self.format.sample_rate

    @property
    def channels(self) -> int:
        """Samples per frame."""
        return self.format.channels_per_frame

    @property
    def frame_count(self) -> int:
        """Whole frames that are in the file, whatever its header says."""
        return self._opened()[1].frames

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frame_count / self.sample_rate

    def __len__(self) -> int:
        return self.frame_count

    def _part(self, start: int, count: int) -> memoryview:
        """The bytes of frames that are there."""
        data, container = self._opened()
        size = container.format.bytes_per_frame
        first = container.offset + start * size
        return data[first : first + count * size]

    def _clip(self, start: int, count: int | None) -> int:
        """The number of frames from start on; ValueError where start is outside the file."""
        frames = self.frame_count
        if not 0 <= start < frames:
            raise ValueError(f"start frame {start} is outside the file ({frames} frames)")
        if count is not None and count < 0:
            raise ValueError(f"the number of frames must be at least 0, not {count}")
        return frames - start if count is None else min(count, frames - start)

    def read_frames(
        self,
        start_frame: int | None = None,
        num_frames: int | None = None,
        *,
        start: int | None = None,
        count: int | None = None,
    ) -> bytes:
        """A copy of some frames as they are in the file.

        Args:
            start_frame: The first frame, 0 to frame_count - 1; default 0.
            num_frames: How many; default and at most up to the end.
            start: Another name of start_frame.
            count: Another name of num_frames.

        Returns:
            The bytes, in the file's encoding.

        Raises:
            ValueError: start_frame is outside the file, or num_frames is negative.
            TypeError: Both names of one argument were given.
        """
        first = _either("start_frame", start_frame, "start", start)
        number = _either("num_frames", num_frames, "count", count)
        begin = 0 if first is None else operator.index(first)
        return bytes(self._part(begin, self._clip(begin, number)))

    def read_as_numpy(self, start_frame: int = 0, num_frames: int | None = None) -> Array:
        """Some frames as an array.

        Args:
            start_frame: The first frame, 0 to frame_count - 1 (0 in an empty file).
            num_frames: How many; default and at most up to the end.

        Returns:
            A read-only array of shape (frames,) for mono, else (frames, channels), in native byte order:
            int16, int32, float32 or float64. It is a view of the file where the file has samples of that
            kind. 8-bit samples become int16 and 24-bit samples int32, at full scale; they and byte-swapped
            samples are copies.

        Raises:
            ValueError: start_frame is outside the file, or num_frames is negative.
            ImportError: NumPy is missing.
        """
        if start_frame == 0 and self.frame_count == 0:
            return self._array(0, 0)
        return self._array(start_frame, self._clip(start_frame, num_frames))

    def _array(self, start: int, count: int) -> Array:
        samples = _samples(self._part(start, count), self.format)
        samples.flags.writeable = False
        return samples if self.channels == 1 else samples.reshape(-1, self.channels)

    def iter_chunks(self, chunk_size: int = 8192) -> Iterator[Any]:
        """The whole file in pieces.

        Args:
            chunk_size: Frames in a piece, at least 1; the last one may be shorter.

        Returns:
            An iterator over arrays as `read_as_numpy` makes them, or without NumPy over memoryviews of the
            file's bytes.

        Raises:
            ValueError: chunk_size is below 1.
        """
        size = operator.index(chunk_size)
        if size < 1:
            raise ValueError(f"chunk_size must be at least 1, not {chunk_size}")
        read = self._array if NUMPY_AVAILABLE else self._part
        frames = self.frame_count
        return (read(start, min(size, frames - start)) for start in range(0, frames, size))

    def __getitem__(self, key: Any) -> Any:
        """One frame (a scalar for mono, else an array of channels), or the array of a slice of frames.

        Raises:
            IndexError: The frame is outside the file.
            TypeError: The key is neither an integer nor a slice.
            ImportError: NumPy is missing.
        """
        frames = self.frame_count
        if isinstance(key, slice):
            start, stop, step = key.indices(frames)
            picked = range(start, stop, step)
            if not picked:
                return self._array(0, 0)
            low, high = min(picked[0], picked[-1]), max(picked[0], picked[-1])
            return self._array(low, high - low + 1)[::step]
        index = operator.index(key)
        if not -frames <= index < frames:
            raise IndexError(f"frame {index} is outside the file ({frames} frames)")
        return self._array(index % frames, 1)[0]

    def __repr__(self) -> str:
        if self._container is None:
            return f"MMapAudioFile({self.path.name}, closed)"
        return (
            f"MMapAudioFile({self.path.name}, {self.sample_rate}Hz, {self.channels}ch, "
            f"{self.frame_count} frames)"
        )


def _map(path: Path) -> memoryview:
    """The bytes of a file; the file itself is closed again at once."""
    with path.open("rb") as file:
        try:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except ValueError:  # an empty file cannot be mapped
            return memoryview(b"")


def _either(name: str, value: int | None, alias: str, other: int | None) -> int | None:
    if value is not None and other is not None:
        raise TypeError(f"{name} and {alias} are the same argument: give one of them")
    return value if value is not None else other


def _samples(raw: memoryview, format: AudioStreamBasicDescription) -> Array:
    """The samples in raw as a flat array of native numbers, without copying where raw has them already."""
    try:
        import numpy as np
    except ImportError as error:
        raise ImportError("NumPy is required for arrays of samples (pip install numpy)") from error
    size = format.bytes_per_frame // format.channels_per_frame
    big_endian = format.is_big_endian
    if size == 1:
        small = np.frombuffer(raw, np.int8 if format.is_signed_integer else np.uint8).astype(np.int16)
        return (small - (0 if format.is_signed_integer else 128)) << 8
    if size == 3:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        low = 1 if sys.byteorder == "little" else 0
        wide[:, low : low + 3] = np.frombuffer(raw, np.uint8).reshape(-1, 3)[:, :: _direction(big_endian)]
        return wide.view(np.int32).reshape(-1)
    kind = f"{'>' if big_endian else '<'}{'f' if format.is_float else 'i'}{size}"
    samples = np.frombuffer(raw, kind)
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)


def _direction(big_endian: bool) -> int:
    """The step that turns the bytes of a sample into the machine's order."""
    return 1 if big_endian == (sys.byteorder == "big") else -1
