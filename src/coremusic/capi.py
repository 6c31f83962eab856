"""The functional API: Core Audio's C functions, with ints for handles, bytes for data and dicts for formats.

Every function is positional-or-keyword with the names its docstring shows. A framework call that fails raises
RuntimeError with the status in ``.status_code``; before that one ERROR record goes to the logger "coremusic.capi".
"""

from __future__ import annotations

from . import os_status as os_status
from ._capi import *  # noqa: F403

# The buffer operations of the functional API are kernels of _dsp.
from ._dsp import apply_fade_in as apply_fade_in
from ._dsp import apply_fade_in_float32 as apply_fade_in_float32
from ._dsp import apply_fade_out as apply_fade_out
from ._dsp import apply_fade_out_float32 as apply_fade_out_float32
from ._dsp import apply_gain as apply_gain
from ._dsp import apply_gain_float32 as apply_gain_float32
from ._dsp import calculate_peak as calculate_peak
from ._dsp import calculate_peak_float32 as calculate_peak_float32
from ._dsp import calculate_rms as calculate_rms
from ._dsp import calculate_rms_float32 as calculate_rms_float32
from ._dsp import convert_float32_to_int16 as convert_float32_to_int16
from ._dsp import convert_int16_to_float32 as convert_int16_to_float32
from ._dsp import mix_audio_float32 as mix_audio_float32
from ._dsp import mix_stereo_buffers as mix_stereo_buffers
from ._dsp import mono_to_stereo_float32 as mono_to_stereo_float32
from ._dsp import normalize_audio as normalize_audio
from ._dsp import normalize_audio_float32 as normalize_audio_float32
from ._dsp import stereo_to_mono_float32 as stereo_to_mono_float32

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from types import ModuleType

    log: ModuleType
    logger: logging.Logger
else:
    # Hidden from type checkers, which would lose the names: they take all that is imported above.
    __all__ = [name for name, value in globals().items() if callable(value) and not name.startswith("_")]

    def __getattr__(name: str) -> object:
        # logging takes longer to import than everything else here, and nothing is logged until something fails.
        if name == "log":
            from importlib import import_module

            return import_module("coremusic.log")
        if name == "logger":
            return __getattr__("log").logging.getLogger("coremusic.capi")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
