"""Buffer operations of the functional API on memory that is not NumPy's, against Python's own arithmetic."""

from __future__ import annotations

import array
import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coremusic import _dsp, capi

samples = st.lists(st.floats(-2, 2, width=32), min_size=2, max_size=60).map(lambda x: x[: len(x) // 2 * 2])


def frames(values: list[float], channels: int = 2) -> memoryview:
    """Writable memory of shape (frames, channels), as array.array owns it."""
    return memoryview(array.array("f", values)).cast("B").cast("f", [len(values) // channels, channels])


def flat(view: memoryview) -> list[float]:
    return list(memoryview(view).cast("B").cast(view.format))


def single(value: float) -> float:
    return array.array("f", [value])[0]


def test_the_functions_are_kernels_of_dsp() -> None:
    for name in capi.__all__:
        if hasattr(_dsp, name):
            assert getattr(capi, name) is getattr(_dsp, name)


@given(samples, st.floats(-60, 20))
def test_gain(values: list[float], db: float) -> None:
    view = frames(values)
    assert capi.apply_gain_float32(view, db) is None  # type: ignore[func-returns-value]
    factor = 10 ** (db / 20)
    assert flat(view) == pytest.approx([v * factor for v in values], rel=1e-6, abs=1e-40)


@given(samples)
def test_levels(values: list[float]) -> None:
    view = frames(values)
    assert capi.calculate_peak_float32(view) == max(map(abs, values))
    expected = math.sqrt(math.fsum(v * v for v in values) / len(values))
    assert capi.calculate_rms_float32(view) == pytest.approx(expected, rel=1e-6, abs=1e-30)


@given(samples, samples, st.floats(0, 1, width=32))
def test_mix(one: list[float], two: list[float], ratio: float) -> None:
    size = min(len(one), len(two))
    out = frames([0.0] * size)
    capi.mix_audio_float32(out, frames(one[:size]), frames(two[:size]), ratio)
    expected = [a * (1 - ratio) + b * ratio for a, b in zip(one[:size], two[:size], strict=True)]
    assert flat(out) == pytest.approx(expected, abs=1e-6)


@given(samples)
def test_to_int16_and_back(values: list[float]) -> None:
    ints = memoryview(array.array("h", [0] * len(values))).cast("B").cast("h", [len(values) // 2, 2])
    capi.convert_float32_to_int16(frames(values), ints)
    expected = [max(-32768, min(32767, math.trunc(single(v * 32767.0)))) for v in values]
    assert flat(ints) == expected
    back = frames([0.0] * len(values))
    capi.convert_int16_to_float32(ints, back)
    assert flat(back) == [v / 32768 for v in expected]


@given(samples, st.integers(-3, 100))
def test_fades(values: list[float], length: int) -> None:
    count = len(values) // 2
    n = max(0, min(length, count))
    risen, fallen = frames(values), frames(values)
    capi.apply_fade_in_float32(risen, length)
    capi.apply_fade_out_float32(fallen, length)
    up = [v * (k // 2 / n if k // 2 < n else 1) for k, v in enumerate(values)]
    down = [v * (1 - (k // 2 - (count - n)) / n if k // 2 >= count - n else 1) for k, v in enumerate(values)]
    assert flat(risen) == pytest.approx(up, rel=1e-5, abs=1e-7)
    assert flat(fallen) == pytest.approx(down, rel=1e-5, abs=1e-6)


@given(samples)
def test_mono_and_stereo(values: list[float]) -> None:
    mono = array.array("f", [0.0] * (len(values) // 2))
    capi.stereo_to_mono_float32(frames(values), mono)
    assert mono.tolist() == pytest.approx(
        [(a + b) / 2 for a, b in zip(values[::2], values[1::2], strict=True)], abs=1e-6
    )
    stereo = frames([9.0] * len(values))
    capi.mono_to_stereo_float32(mono, stereo)
    assert flat(stereo) == [v for value in mono for v in (value, value)]


WRITING: list[Callable[[Any], Any]] = [
    capi.normalize_audio_float32,
    lambda x: capi.apply_gain_float32(x, 1.0),
    lambda x: capi.apply_fade_in_float32(x, 2),
    lambda x: capi.apply_fade_out_float32(x, 2),
    lambda x: capi.mix_audio_float32(x, frames([0.0] * 8), frames([0.0] * 8)),
    lambda x: capi.mono_to_stereo_float32(array.array("f", [0.0] * 4), x),
]
READING: list[Callable[[Any], Any]] = [capi.calculate_rms_float32, capi.calculate_peak_float32]


@pytest.mark.parametrize("function", WRITING)
def test_read_only_memory_cannot_be_written(function: Callable[[Any], Any]) -> None:
    with pytest.raises(BufferError):
        function(frames([0.5] * 8).toreadonly())


@pytest.mark.parametrize("function", READING)
def test_read_only_and_strided_memory_can_be_read(function: Callable[[Any], Any]) -> None:
    function(frames([0.5] * 8).toreadonly())
    assert function(frames([0.5, 0.5, 9.0, 9.0] * 2)[::2]) == pytest.approx(0.5)


@pytest.mark.parametrize("function", WRITING + READING)
def test_what_is_no_buffer_of_frames(function: Callable[[Any], Any]) -> None:
    for wrong in (None, 5, "text", [0.5, 0.5], object()):
        with pytest.raises(TypeError):
            function(wrong)
    for shape in (b"12345678", array.array("f", [0.5] * 8), array.array("d", [0.5] * 8)):
        with pytest.raises((ValueError, BufferError)):
            function(shape)


def test_an_array_that_grows_while_in_use_is_refused() -> None:
    """The memory stays where it is as long as a view of it lives."""
    numbers = array.array("f", [0.5] * 8)
    view = memoryview(numbers).cast("B").cast("f", [4, 2])
    capi.apply_gain_float32(view, -6.0)
    with pytest.raises(BufferError):
        numbers.append(1.0)
    del view
    numbers.append(1.0)
