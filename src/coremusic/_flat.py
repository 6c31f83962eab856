"""The bytes of an array of any shape, in one row."""

from __future__ import annotations

from typing import Any


def flat_bytes(data: Any) -> memoryview:
    """The bytes of a buffer in C order, shape (n,); copied only where they are not contiguous.

    memoryview.cast() refuses views of several axes of which one is empty, such as a block of no frames.
    """
    view = memoryview(data)
    return view.cast("B") if view.nbytes and view.c_contiguous else memoryview(view.tobytes())
