"""Memory as rows of bytes and as frames, with NumPy or without."""

from __future__ import annotations

from typing import Any


def flat_bytes(data: Any) -> memoryview:
    """The bytes of a buffer in C order, shape (n,); copied only where they are not contiguous.

    memoryview.cast() refuses views of several axes of which one is empty, such as a block of no frames.
    """
    view = memoryview(data)
    return view.cast("B") if view.nbytes and view.c_contiguous else memoryview(view.tobytes())


def float_frames(samples: Any, channels: int) -> memoryview[float]:
    """float32 of shape (frames, channels), at least one frame, of the memory of an array or of bytes."""
    flat = flat_bytes(samples)
    return flat.cast("f", (len(flat) // (4 * channels), channels))
