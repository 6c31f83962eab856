"""Helpers: four-character codes and batches of items or files.

The names of `batch` are loaded when they are first used: the module costs more to import than the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from coremusic.utils import fourcc

if TYPE_CHECKING:
    from coremusic.utils import batch
    from coremusic.utils.batch import (
        BatchOptions,
        BatchProgress,
        BatchResult,
        ProcessingMode,
        RetryPolicy,
        batch_process_files,
        batch_process_parallel,
    )

__all__ = [
    "BatchOptions",
    "BatchProgress",
    "BatchResult",
    "ProcessingMode",
    "RetryPolicy",
    "batch",
    "batch_process_files",
    "batch_process_parallel",
    "fourcc",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module("coremusic.utils.batch")
    value = module if name == "batch" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
