"""Working with audio beyond single framework calls: buffers, mapped files, conversion of whole files."""

from __future__ import annotations

from ..utils.batch import batch_process_files, batch_process_parallel
from .buffer_pool import (
    AudioBufferPool,
    BufferPool,
    BufferPoolStats,
    PooledBuffer,
    get_global_pool,
    reset_global_pool,
)
from .mmap_file import MMapAudioFile
from .utilities import (
    AudioFormatPresets,
    batch_convert,
    convert_audio_file,
    parse_audio_stream_basic_description,
    trim_audio,
)

__all__ = [
    "AudioBufferPool",
    "AudioFormatPresets",
    "BufferPool",
    "BufferPoolStats",
    "MMapAudioFile",
    "PooledBuffer",
    "batch_convert",
    "batch_process_files",
    "batch_process_parallel",
    "convert_audio_file",
    "get_global_pool",
    "parse_audio_stream_basic_description",
    "reset_global_pool",
    "trim_audio",
]
