"""Core Audio for Python, on every machine.

The object layer (AudioFile, AudioConverter, ...) is here; the functional API is ``coremusic.capi``. On macOS both call
Apple's frameworks, elsewhere coremusic's own engine of the same C API, which C programs can use too: see get_include
and get_library.
"""

from __future__ import annotations

import sys as _sys

from . import capi as capi
from . import objects as objects
from . import os_status as os_status
from ._capi import fourchar_to_int as fourchar_to_int
from ._capi import int_to_fourchar as int_to_fourchar
from .objects import *  # noqa: F403
from .os_status import (
    check_os_status,
    check_return_status,
    format_os_status_error,
    handle_exceptions,
    raises_on_error,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any as _Any

    from . import audio as audio
    from . import buffer_utils as buffer_utils
    from . import constants as constants
    from . import dsp as dsp
    from . import log as log
    from . import midi as midi
    from . import utils as utils
    from .audio.async_io import AsyncAudioFile as AsyncAudioFile
    from .audio.async_io import AsyncAudioQueue as AsyncAudioQueue
    from .audio.async_io import create_output_queue_async as create_output_queue_async
    from .audio.async_io import open_audio_file_async as open_audio_file_async
    from .audio.utilities import AudioFormatPresets as AudioFormatPresets
    from .audio.utilities import batch_convert as batch_convert
    from .audio.utilities import convert_audio_file as convert_audio_file
    from .audio.utilities import (
        parse_audio_stream_basic_description as parse_audio_stream_basic_description,
    )
    from .audio.utilities import trim_audio as trim_audio
    from .audio_marker import AudioMarker as AudioMarker
    from .audio_marker import AudioRegion as AudioRegion
    from .buffer_utils import AudioStreamBasicDescription as AudioStreamBasicDescription
    from .buffer_utils import calculate_buffer_size as calculate_buffer_size
    from .buffer_utils import optimal_buffer_size as optimal_buffer_size
    from .buffer_utils import pack_audio_buffer as pack_audio_buffer
    from .buffer_utils import unpack_audio_buffer as unpack_audio_buffer
    from .midi_ump import MIDIFunctionBlock as MIDIFunctionBlock
    from .midi_ump import MIDIUMPEndpoint as MIDIUMPEndpoint
    from .utils.batch import batch_process_files as batch_process_files
    from .utils.batch import batch_process_parallel as batch_process_parallel

__version__ = "0.2.0"

__all__ = [
    *objects.__all__,
    "AudioStreamBasicDescription",
    "buffer_utils",
    "calculate_buffer_size",
    "check_os_status",
    "check_return_status",
    "format_os_status_error",
    "handle_exceptions",
    "optimal_buffer_size",
    "pack_audio_buffer",
    "raises_on_error",
    "unpack_audio_buffer",
]

# What is imported when it is first asked for, so that `import coremusic` stays quick: name -> module that has it.
_MODULES = ("audio", "buffer_utils", "constants", "dsp", "log", "midi", "utils")
_NAMES = {
    ".audio.async_io": (
        "AsyncAudioFile",
        "AsyncAudioQueue",
        "create_output_queue_async",
        "open_audio_file_async",
    ),
    ".audio.utilities": (
        "AudioFormatPresets",
        "batch_convert",
        "convert_audio_file",
        "parse_audio_stream_basic_description",
        "trim_audio",
    ),
    ".audio_marker": ("AudioMarker", "AudioRegion"),
    ".buffer_utils": (
        "AudioStreamBasicDescription",
        "calculate_buffer_size",
        "optimal_buffer_size",
        "pack_audio_buffer",
        "unpack_audio_buffer",
    ),
    ".midi_ump": ("MIDIFunctionBlock", "MIDIUMPEndpoint"),
    ".utils.batch": ("batch_process_files", "batch_process_parallel"),
}
_LAZY = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> _Any:
    from importlib import import_module

    if name in _MODULES:
        value = import_module(f".{name}", __name__)
    elif name in _LAZY:
        value = getattr(import_module(_LAZY[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *_LAZY})


def get_include() -> str:
    """The folder of Apple-named C headers that the engine implements. RuntimeError on macOS: use Apple's SDK."""
    return _native("include")


def get_library() -> str:
    """The engine's shared library, for linking C programs. RuntimeError on macOS: use Apple's frameworks."""
    return _native("libcoremusic.so")


def _native(name: str) -> str:
    from pathlib import Path

    if _sys.platform == "darwin":
        raise RuntimeError("on macOS C programs use Apple's own headers and frameworks")
    package = Path(__file__).resolve().parent
    for place in (package / name, package.parents[1] / "csrc" / name):  # installed; built in a checkout
        if place.exists():
            return str(place)
    raise RuntimeError(f"{name} is missing from this installation")
