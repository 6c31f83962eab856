"""Rules that every binding keeps, checked in its source."""

from __future__ import annotations

import re
from pathlib import Path

CSRC = Path(__file__).parent.parent / "csrc"


def test_the_framework_is_called_through_one_macro() -> None:
    """It also forgets what an earlier failure left to say. native.c waits for a lock, callback.c leaves Python."""
    own = {
        str(path.relative_to(CSRC))
        for folder in ("common", "capi", "objects")
        for path in (CSRC / folder).glob("*.[ch]")
        if re.search(r"Py_BEGIN_ALLOW_THREADS|PyEval_SaveThread", path.read_text())
    }
    assert own == {"common/call.h", "common/callback.c", "objects/native.c"}
