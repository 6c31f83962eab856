"""Processors between an input and an output stream, and graphs of them. Public as coremusic.audio.streaming."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from ..audio_device import AudioDevice
from .streaming import NUMPY_AVAILABLE, AudioInputStream, AudioOutputStream

__all__ = ["AudioProcessor", "StreamGraph", "StreamNode", "create_loopback"]

logger = logging.getLogger(__name__)

# Blocks that wait between the input and the output: so many before playing begins (again), since the two do not tick
# at the same moment, and at most; beyond, the oldest is lost and counted.
FIRST_BLOCKS = 2
WAITING_BLOCKS = 8


class AudioProcessor:
    """Plays what process_func(data, frame_count) makes of what is recorded: samples as AudioOutputStream takes them.

    While there is no input yet, or when process_func raises (which is logged), silence is played.
    """

    def __init__(
        self,
        process_func: Callable[[Any, int], Any],
        channels: int = 2,
        sample_rate: float = 44100.0,
        buffer_size: int = 512,
        input_device: AudioDevice | None = None,
        output_device: AudioDevice | None = None,
    ) -> None:
        if not callable(process_func):
            raise TypeError("process_func must be callable")
        self.process_func = process_func
        self.channels = channels
        self.sample_rate = sample_rate
        self.buffer_size = buffer_size
        self.input_stream = AudioInputStream(input_device, channels, sample_rate, buffer_size)
        self.output_stream = AudioOutputStream(output_device, channels, sample_rate, buffer_size)
        #: Blocks that were recorded but not played, since the output was behind.
        self.overruns = 0
        self._waiting: deque[tuple[Any, int]] = deque()
        self._flows = False
        self.input_stream.add_callback(self._recorded)
        self.output_stream.set_generator(self._play)

    def _recorded(self, data: Any, frames: int) -> None:
        if len(self._waiting) >= WAITING_BLOCKS:
            self._waiting.popleft()
            self.overruns += 1
        self._waiting.append((data, frames))

    def _play(self, frames: int) -> Any:
        silence = bytes(4 * self.channels * frames)
        self._flows = len(self._waiting) >= (1 if self._flows else FIRST_BLOCKS)
        if not self._flows:
            return silence
        data, count = self._waiting.popleft()
        try:
            made = self.process_func(data, count)
        except Exception:
            logger.exception("the process function failed")
            return silence
        return silence if made is None else made

    def start(self) -> None:
        """Starts both streams, or neither. RuntimeError when it runs already or a device does not start."""
        if self.is_active:
            raise RuntimeError("the processor is active")
        self._waiting.clear()
        self._flows = False
        self.input_stream.start()
        try:
            self.output_stream.start()
        except BaseException:
            self.input_stream.stop()
            raise

    def stop(self) -> None:
        """Stops both. Never raises."""
        self.input_stream.stop()
        self.output_stream.stop()

    @property
    def is_active(self) -> bool:
        """True while both streams run."""
        return self.input_stream.is_active and self.output_stream.is_active

    @property
    def latency(self) -> float:
        """Seconds from the input to the output: a buffer on each side and one between."""
        return 3 * self.buffer_size / self.sample_rate

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass
class StreamNode:
    """One step of a graph: processor(data) returns data of the same shape."""

    name: str
    processor: Callable[[Any], Any]
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    def process(self, input_data: Any) -> Any:
        """What the processor makes of it; the input itself when the processor raises, which is logged."""
        try:
            return self.processor(input_data)
        except Exception:
            logger.exception("node %r failed", self.name)
            return input_data


def _sum(blocks: list[Any]) -> Any:
    """Samples added up, block by block."""
    if len(blocks) == 1:
        return blocks[0]
    if NUMPY_AVAILABLE:
        total = blocks[0] + blocks[1]
        for block in blocks[2:]:
            total = total + block
        return total
    from array import array

    columns = zip(*(memoryview(block).cast("f") for block in blocks), strict=True)
    return array("f", map(sum, columns)).tobytes()


class StreamGraph:
    """Processors that are connected to each other, between the default input and output.

    Nodes without inputs are given what is recorded; several inputs are added up; what the last node in topological
    order makes is played.
    """

    def __init__(self, sample_rate: float = 44100.0, buffer_size: int = 512, *, channels: int = 2) -> None:
        self.sample_rate = sample_rate
        self.buffer_size = buffer_size
        self.channels = channels
        self.nodes: dict[str, StreamNode] = {}
        self.connections: list[tuple[str, str]] = []
        self._processor: AudioProcessor | None = None

    def add_node(self, name: str, processor: Callable[[Any], Any]) -> StreamNode:
        """A new node. ValueError when the name is taken, TypeError for a processor that cannot be called."""
        if not callable(processor):
            raise TypeError("processor must be callable")
        if name in self.nodes:
            raise ValueError(f"there is a node {name!r} already")
        node = self.nodes[name] = StreamNode(name, processor)
        return node

    def connect(self, source: str, destination: str) -> None:
        """Gives what source makes to destination. ValueError for names of no node."""
        for name in (source, destination):
            if name not in self.nodes:
                raise ValueError(f"there is no node {name!r}")
        self.connections.append((source, destination))
        self.nodes[source].outputs.append(destination)
        self.nodes[destination].inputs.append(source)

    def _order(self) -> list[StreamNode]:
        """Topological order, of equals the one that was added first (Kahn 1962). ValueError for a cycle."""
        missing = {name: len(node.inputs) for name, node in self.nodes.items()}
        ready = deque(name for name, count in missing.items() if count == 0)
        order = []
        while ready:
            node = self.nodes[ready.popleft()]
            order.append(node)
            for name in node.outputs:
                missing[name] -= 1
                if missing[name] == 0:
                    ready.append(name)
        if len(order) < len(self.nodes):
            raise ValueError("the graph has a cycle")
        return order

    def process(self, input_data: Any) -> Any:
        """What the graph makes of one block. ValueError when it is empty or has a cycle."""
        if not self.nodes:
            raise ValueError("the graph has no nodes")
        return self._process(self._order(), input_data)

    @staticmethod
    def _process(order: list[StreamNode], input_data: Any) -> Any:
        made: dict[str, Any] = {}
        for node in order:
            made[node.name] = node.process(
                _sum([made[n] for n in node.inputs]) if node.inputs else input_data
            )
        return made[order[-1].name]

    def start(self) -> None:
        """Starts. RuntimeError when it runs already or a device does not start; ValueError when empty or cyclic."""
        if self.is_active:
            raise RuntimeError("the graph is active")
        if not self.nodes:
            raise ValueError("the graph has no nodes")
        order = self._order()
        processor = AudioProcessor(
            lambda data, _: self._process(order, data), self.channels, self.sample_rate, self.buffer_size
        )
        processor.start()
        self._processor = processor

    def stop(self) -> None:
        """Stops. Never raises."""
        processor, self._processor = self._processor, None
        if processor is not None:
            processor.stop()

    @property
    def is_active(self) -> bool:
        """True while it runs."""
        return self._processor is not None and self._processor.is_active

    @property
    def latency(self) -> float:
        """Seconds from the input to the output."""
        return 3 * self.buffer_size / self.sample_rate

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def create_loopback(
    channels: int = 2, sample_rate: float = 44100.0, buffer_size: int = 512
) -> AudioProcessor:
    """A processor that plays what it records, as it is."""
    return AudioProcessor(lambda data, _: data, channels, sample_rate, buffer_size)
