"""Random layouts, types, overlaps and arguments: results as NumPy's, errors as documented, never a crash."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coremusic import _dsp, dsp

REAL = st.sampled_from(["float32", "float64"])
ALLOWED = (TypeError, ValueError, OverflowError, AttributeError, BufferError)


@st.composite
def layouts(
    draw: st.DrawFn, dtypes: st.SearchStrategy[str] = REAL, dimensions: int | None = None
) -> np.ndarray:
    """An array of 1 or 2 dimensions with steps, flips, offsets, transposition, broadcasting or odd addresses."""
    dtype = np.dtype(draw(dtypes))
    ndim = dimensions or draw(st.integers(1, 2))
    shape = [draw(st.integers(0, 3000)), draw(st.integers(1, 9))][:ndim]
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    room = [n * abs(step) + draw(st.integers(0, 2)) for n, step in zip(shape, steps, strict=True)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = int(np.prod(room))
    shift = draw(st.sampled_from([0, 0, 1]))
    memory = np.zeros(count * dtype.itemsize + shift, np.uint8)[shift:].view(dtype)
    memory[:] = rng.uniform(-1, 1, count) * (1 if dtype.kind == "f" else 100)
    transposed = ndim == 2 and draw(st.booleans())
    base = memory.reshape(room[::-1]).T if transposed else memory.reshape(room)
    view = base[tuple(slice(None, None, step) for step in steps)][tuple(slice(0, n) for n in shape)]
    if draw(st.integers(0, 9)) == 0 and view.shape[-1] > 0:
        view = np.broadcast_to(view[..., :1], view.shape)
    if draw(st.booleans()):
        view = view[:]
        view.flags.writeable = False
    return view


def ramp(n: int, total: int) -> np.ndarray:
    return np.arange(min(n, total)) / max(1, min(n, total))


def faded(x: np.ndarray, n: int) -> np.ndarray:
    y = x.astype(float)
    t = ramp(n, len(x))
    y[: len(t)] *= t.reshape(-1, *[1] * (x.ndim - 1))
    return y


REFERENCES: dict[str, tuple[Callable[..., Any], Callable[[np.ndarray], Any]]] = {
    "gain": (lambda x, **k: dsp.gain(x, linear=0.5, **k), lambda x: x * 0.5),
    "clip": (lambda x, **k: dsp.clip(x, -0.25, 0.5, **k), lambda x: np.clip(x, -0.25, 0.5)),
    "fade": (lambda x, **k: dsp.fade_in(x, 1500, **k), lambda x: faded(x, 1500)),
    "reverse": (dsp.reverse, lambda x: x[::-1]),
    "remove_dc": (dsp.remove_dc, lambda x: x - (x.astype(float).mean(axis=0) if len(x) else 0)),
    "mix": (
        lambda x, **k: dsp.mix([x, x[::-1]], gains=[0.5, 2], **k),
        lambda x: x * 0.5 + x[::-1].astype(float) * 2,
    ),
    "normalize": (
        lambda x, **k: dsp.normalize(x, peak=0.5, **k),
        lambda x: x * (0.5 / (np.abs(x).max(initial=0) or 0.5)),
    ),
}


def close(actual: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(actual, expected, atol=1e-6 if actual.dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("name", REFERENCES)
@given(x=layouts())
@settings(max_examples=60, deadline=None)
def test_any_layout_in(name: str, x: np.ndarray) -> None:
    function, reference = REFERENCES[name]
    kept = x.copy()
    result = function(x)
    assert result.dtype == x.dtype and result.shape == x.shape and result.flags.c_contiguous
    close(result, reference(kept))
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("name", REFERENCES)
@given(x=layouts(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_layout_out(name: str, x: np.ndarray, data: st.DataObject) -> None:
    """out is a random window on the same memory as the input, or the input itself."""
    function, reference = REFERENCES[name]
    size = x.size
    memory = np.zeros(3 * size + 8, x.dtype)
    start = data.draw(st.integers(0, 2 * size))
    source = memory[start : start + size].reshape(x.shape)
    if data.draw(st.booleans()) and x.ndim == 2:
        source = memory[start : start + size].reshape(x.shape[::-1]).T
    source[:] = x
    to = start if data.draw(st.booleans()) else data.draw(st.integers(0, 2 * size))
    out = memory[to : to + size].reshape(x.shape)
    if data.draw(st.booleans()):
        out = out[::-1]
    outside = np.ones(memory.size, bool)
    outside[to : to + size] = False
    expected, kept = reference(x.copy()), memory[outside].copy()
    assert function(source, out=out) is out
    close(out, expected)
    np.testing.assert_array_equal(memory[outside], kept)


@given(x=layouts(st.sampled_from(["uint8", "int8", "int16", "int32", "float32", "float64"])), data=st.data())
@settings(max_examples=200, deadline=None)
def test_any_layout_converted(x: np.ndarray, data: st.DataObject) -> None:
    target = data.draw(st.sampled_from(["uint8", "int8", "int16", "int24", "int32", "float32", "float64"]))
    exact = dsp.convert(np.ascontiguousarray(x), target)
    np.testing.assert_array_equal(dsp.convert(x, target), exact)
    out = np.zeros((2 * exact.shape[0], *exact.shape[1:]), exact.dtype)[::-2]
    np.testing.assert_array_equal(dsp.convert(x, target, out=out), exact)
    planes = dsp.deinterleave(x)
    np.testing.assert_array_equal(planes, x.T if x.ndim == 2 else x[None])
    np.testing.assert_array_equal(dsp.interleave(planes), planes.T)
    np.testing.assert_array_equal(dsp.interleave(list(planes[::-1])), planes[::-1].T)


@given(x=layouts())
@settings(max_examples=150, deadline=None)
def test_any_layout_measured(x: np.ndarray) -> None:
    assert dsp.peak(x) == np.abs(x).max(initial=0)
    exact = np.sqrt(np.mean(x.astype(float) ** 2)) if x.size else 0
    assert dsp.rms(x) == pytest.approx(exact, rel=1e-12)
    packed = np.ascontiguousarray(x)
    assert dsp.true_peak(x) == pytest.approx(dsp.true_peak(packed), rel=1e-12)
    weights = [1.0] * (x.shape[1] if x.ndim == 2 else 1)
    assert dsp.loudness(x, 8000, weights=weights) == pytest.approx(
        dsp.loudness(packed, 8000, weights=weights)
    )


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=30),
    st.binary(max_size=30).map(bytearray),
    st.lists(st.floats(), max_size=3),
    st.sampled_from([object(), int, {}, np.float32, np.float32(1), np.array(1.0)]),
    st.builds(lambda: memoryview(b"12345678").cast("f")),
    st.integers(0, 9).map(lambda n: (ctypes.c_float * n)()),
    layouts(st.sampled_from(["float32", "float64", "int16", "int64", "complex64", "bool", ">f4", "uint8"])),
    st.sampled_from(["int16", "int24", "float32", "linear", "s_curve", "equal_power", "balance"]),
    st.lists(layouts(), max_size=3),
)
FUNCTIONS = sorted(name for name in vars(_dsp) if not name.startswith("_"))


@pytest.mark.parametrize("name", FUNCTIONS)
@given(positional=st.lists(ANYTHING, max_size=5), out=st.one_of(st.none(), ANYTHING))
@settings(max_examples=30, deadline=None)
def test_anything_as_arguments(name: str, positional: list[Any], out: Any) -> None:
    keywords = {} if out is None else {"out": out}
    for arguments in (positional, positional[:1], positional[:2]):
        try:
            getattr(_dsp, name)(*arguments, **keywords)
        except ALLOWED as error:
            assert str(error)


OPTIONS = {
    "gain": ["db", "linear", "out"],
    "mix": ["gains", "offsets", "out"],
    "pan": ["law", "out"],
    "convert": ["source", "dither", "seed", "out"],
    "normalize": ["peak", "true_peak", "lufs", "sample_rate", "weights", "out"],
    "loudness": ["weights"],
    "crossfade": ["shape", "out"],
    "true_peak": ["per_channel"],
}
SMALL_INT = st.integers(-2, 3000)


@pytest.mark.parametrize("name", OPTIONS)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_good_data_and_anything_as_options(name: str, data: st.DataObject) -> None:
    first: list[Any] = {
        "mix": [st.lists(layouts(), max_size=3)],
        "pan": [layouts(), st.floats(-1, 1)],
        "convert": [layouts(), st.sampled_from(["int16", "int24", "float64"])],
        "loudness": [layouts(), st.just(8000)],
        "crossfade": [layouts(), layouts(), SMALL_INT],
    }.get(name, [layouts()])
    positional = [data.draw(s) for s in first]
    chosen = data.draw(st.lists(st.sampled_from(OPTIONS[name]), unique=True))
    value = st.one_of(ANYTHING, st.floats(-10, 10), SMALL_INT, st.lists(SMALL_INT, max_size=3))
    try:
        getattr(dsp, name)(*positional, **{k: data.draw(value) for k in chosen})
    except ALLOWED as error:
        assert str(error)


class Treacherous:
    """A number whose conversion changes the list that it stands in."""

    def __init__(self, items: list[Any]) -> None:
        self.items = items

    def __float__(self) -> float:
        self.items.clear()
        gc.collect()
        return 1.0

    def __index__(self) -> int:
        self.items.clear()
        return 1


def test_lists_that_change_under_way() -> None:
    x = np.ones((100, 3))
    for option in ("db", "linear"):
        items: list[Any] = []
        items += [Treacherous(items), 1.0, 1.0]
        dsp.gain(x, **{option: items})
    for option in ("gains", "offsets"):
        items = []
        items += [Treacherous(items), 1, 1]
        sources = [x.copy(), x.copy(), x.copy()]
        dsp.mix(sources, **{option: items})
    items = []
    items += [Treacherous(items), 1, 1]
    dsp.loudness(x, 8000, weights=items)
    sources = [np.ones(100), np.ones(100)]
    dsp.mix(sources, gains=[Treacherous(sources), 1.0])


def test_buffers_stay_locked_while_in_use() -> None:
    """A bytearray cannot be resized by a conversion that runs Python code in the middle of a call."""
    memory = bytearray(80)

    class Resizing:
        def __float__(self) -> float:
            memory.extend(b"x" * 10_000_000)
            return 1.0

    with pytest.raises(BufferError):
        dsp.gain(memoryview(memory).cast("d"), linear=Resizing(), out=memoryview(memory).cast("d"))


@pytest.mark.parametrize("name", REFERENCES)
def test_nothing_is_leaked(name: str) -> None:
    function = REFERENCES[name][0]
    x, out, wrong = np.ones((100, 2)), np.ones((100, 2)), np.ones((99, 2))

    def refused(out: Any) -> bool:
        try:
            function(x, out=out)
        except (ValueError, TypeError):
            return True
        return False

    def use() -> int:
        for _ in range(200):
            function(x)
            function(x[::-1], out=out)
            assert refused(wrong) and refused([])
        gc.collect()
        return sys.getallocatedblocks()

    use()
    counts = [sys.getrefcount(o) for o in (x, out, wrong)]
    blocks = use()
    assert use() - blocks < 100
    assert [sys.getrefcount(o) for o in (x, out, wrong)] == counts


def test_many_threads() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (100_000, 2)).astype(np.float32)
    expected = x * np.float32(0.5)
    peak, level = dsp.peak(x), dsp.loudness(x, 48_000)
    failures: list[str] = []

    def work() -> None:
        out = np.empty_like(x)
        for _ in range(20):
            dsp.gain(x, linear=0.5, out=out)
            if not np.array_equal(out, expected) or dsp.peak(x) != peak or dsp.loudness(x, 48_000) != level:
                failures.append("different")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_the_gil_is_released() -> None:
    """While one thread measures, this one goes on counting."""
    x = np.random.default_rng(0).uniform(-1, 1, (4_000_000, 2)).astype(np.float32)
    worker = threading.Thread(target=lambda: [dsp.true_peak(x), dsp.true_peak(x)])
    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)  # without a release, this thread would not run before the worker ends
    try:
        worker.start()
        steps = 0
        while worker.is_alive() and steps < 1000:
            steps += 1
        assert steps == 1000
    finally:
        sys.setswitchinterval(interval)
        worker.join()
