"""Working with audio beyond single framework calls: buffers, mapped files, conversion of whole files."""

from __future__ import annotations

from ..utils.batch import batch_process_files, batch_process_parallel
from .async_io import AsyncAudioFile, AsyncAudioQueue, create_output_queue_async, open_audio_file_async
from .buffer_pool import (
    AudioBufferPool,
    BufferPool,
    BufferPoolStats,
    PooledBuffer,
    get_global_pool,
    reset_global_pool,
)
from .mmap_file import MMapAudioFile
from .streaming import (
    AudioInputStream,
    AudioOutputStream,
    AudioProcessor,
    StreamGraph,
    StreamNode,
    create_loopback,
)
from .utilities import (
    AudioFormatPresets,
    batch_convert,
    convert_audio_file,
    parse_audio_stream_basic_description,
    trim_audio,
)

__all__ = [
    "AsyncAudioFile",
    "AsyncAudioQueue",
    "AudioBufferPool",
    "AudioFormatPresets",
    "AudioInputStream",
    "AudioOutputStream",
    "AudioProcessor",
    "BufferPool",
    "BufferPoolStats",
    "MMapAudioFile",
    "PooledBuffer",
    "StreamGraph",
    "StreamNode",
    "batch_convert",
    "batch_process_files",
    "batch_process_parallel",
    "convert_audio_file",
    "create_loopback",
    "create_output_queue_async",
    "get_global_pool",
    "open_audio_file_async",
    "parse_audio_stream_basic_description",
    "reset_global_pool",
    "trim_audio",
]
