"""The docstrings: a signature that Python understands, and examples that run."""

from __future__ import annotations

import doctest
import inspect

import numpy as np
import pytest

from coremusic import _dsp, dsp

NAMES = sorted(name for name in vars(_dsp) if not name.startswith("_"))


@pytest.mark.parametrize("name", NAMES)
def test_docstring(name: str) -> None:
    function = getattr(_dsp, name)
    assert function.__module__ == "coremusic._dsp"
    assert inspect.signature(function).parameters
    assert function.__text_signature__.startswith("(" if isinstance(function, type) else "($module, /, ")
    lines = function.__doc__.splitlines()
    assert lines[0].endswith((".", ";", ")", ":")) and (len(lines) == 1 or not lines[1])
    assert max(len(line) for line in lines) <= 110


@pytest.mark.parametrize("name", dsp.__all__)
def test_examples(name: str) -> None:
    function = getattr(dsp, name)
    example = doctest.DocTestParser().get_doctest(function.__doc__, {"np": np, **vars(dsp)}, name, None, None)
    assert example.examples
    result = doctest.DocTestRunner().run(example)
    assert result.failed == 0


def test_public_names() -> None:
    contract = {name for name in NAMES if name not in dsp.__all__}
    assert len(contract) == 18 and set(NAMES) == contract | set(dsp.__all__)
