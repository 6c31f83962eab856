"""What works without NumPy: array.array, memoryview, ctypes and bytes as buffers, in an interpreter that has none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import coremusic._dsp

PREAMBLE = """
import sys
sys.modules["numpy"] = None
sys.path.insert(0, %r)
import array, ctypes
from coremusic import _dsp, dsp
assert sys.modules["numpy"] is None

def raises(kind, text, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except kind as error:
        assert text in str(error), str(error)
    else:
        raise AssertionError("no " + kind.__name__)

x = array.array("f", [0.5, -0.25, 1.0, 0.0, 2.0, -0.75])
frames = memoryview(x).cast("B").cast("f", (3, 2))
"""


def run(code: str) -> None:
    folder = str(Path(coremusic._dsp.__file__).resolve().parent.parent)
    done = subprocess.run([sys.executable, "-c", PREAMBLE % folder + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_new_arrays_need_numpy_and_say_so() -> None:
    run("""
message = "NumPy is required to make an array (pip install numpy)"
for function, arguments in ((dsp.reverse, (x,)), (dsp.convert, (x, "int16")), (dsp.pan, (x, 0.0)), (dsp.mix, ([x],)),
                            (dsp.interleave, ([x, x],)), (_dsp.mix_stereo_buffers, (x, x))):
    raises(ImportError, message, function, *arguments)
class Shaped:
    dtype, ndim = "float32", 1
for function in (_dsp.calculate_rms, _dsp.calculate_peak, _dsp.normalize_audio):
    raises(ImportError, message, function, Shaped())
    raises(AttributeError, "dtype", function, x)
raises(ImportError, message, _dsp.apply_gain, Shaped(), 1.0)
""")


def test_in_place_and_into_buffers() -> None:
    run("""
out = array.array("f", bytes(24))
assert dsp.gain(x, linear=0.5, out=out) is out
assert out.tolist() == [0.25, -0.125, 0.5, 0.0, 1.0, -0.375]
assert dsp.clip(x, out=x) is x and x.tolist() == [0.5, -0.25, 1.0, 0.0, 1.0, -0.75]
dsp.reverse(frames, out=frames)
assert x.tolist() == [1.0, -0.75, 1.0, 0.0, 0.5, -0.25]
planes = memoryview(array.array("f", bytes(24))).cast("B").cast("f", (2, 3))
dsp.deinterleave(frames, out=planes)
assert planes.tolist() == [[1.0, 1.0, 0.5], [-0.75, 0.0, -0.25]]
dsp.interleave([array.array("f", [1, 2, 3]), array.array("f", [4, 5, 6])], out=frames)
assert x.tolist() == [1, 4, 2, 5, 3, 6]
dsp.mix([x, x], gains=[1, 0.5], out=x)
assert x.tolist() == [1.5, 6, 3, 7.5, 4.5, 9]
c = (ctypes.c_double * 4)(1, 2, 3, 4)
assert dsp.gain(c, linear=2, out=c) is c and list(c) == [2, 4, 6, 8]
dsp.gain(memoryview(c)[::-1], linear=1, out=c)
assert list(c) == [8, 6, 4, 2]
""")


def test_conversion_of_bytes() -> None:
    run("""
out = array.array("f", bytes(8))
dsp.convert(b"\\x00\\x00\\x40\\x00\\x00\\xc0", "float32", source="int24", out=out)
assert out.tolist() == [0.5, -0.5]
row = bytearray(6)
dsp.convert(out, "int24", out=row)
assert row == b"\\x00\\x00\\x40\\x00\\x00\\xc0"
words = array.array("h", [0, 0])
dsp.convert(out, "int16", out=words)
assert words.tolist() == [16384, -16384]
raises(TypeError, "out must hold int16 samples, not uint8", dsp.convert, out, "int16", out=bytearray(4))
raises(ValueError, "out is read-only", dsp.convert, out, "uint8", out=bytes(2))
""")


def test_measures() -> None:
    run("""
assert dsp.peak(x) == 2.0 and dsp.peak(frames, per_channel=True) == (2.0, 0.75)
assert abs(dsp.rms(array.array("d", [3, 4])) - 12.5 ** 0.5) < 1e-15
assert dsp.true_peak(x) >= 2.0
assert dsp.loudness(array.array("f", bytes(4 * 48000)), 48000) == float("-inf")
""")


def test_the_functional_api() -> None:
    run("""
_dsp.normalize_audio_float32(frames, 1.0)
assert x.tolist() == [0.25, -0.125, 0.5, 0.0, 1.0, -0.375]
_dsp.apply_gain_float32(frames, 0)
words = memoryview(array.array("h", bytes(12))).cast("B").cast("h", (3, 2))
_dsp.convert_float32_to_int16(frames, words)
assert words.tolist() == [[8191, -4095], [16383, 0], [32767, -12287]]
_dsp.convert_int16_to_float32(words, frames)
assert x[4] == 32767 / 32768
mono = array.array("f", [1, 2, 3])
_dsp.mono_to_stereo_float32(mono, frames)
assert x.tolist() == [1, 1, 2, 2, 3, 3]
_dsp.stereo_to_mono_float32(frames, mono)
assert mono.tolist() == [1, 2, 3]
assert _dsp.apply_gain(mono, gain=0.5) is mono and mono.tolist() == [0.5, 1, 1.5]
assert _dsp.apply_fade_in(mono, 2) is mono and mono.tolist() == [0, 0.5, 1.5]
_dsp.apply_fade_out_float32(frames, 3)
assert _dsp.calculate_peak_float32(frames) == 2 * float.fromhex("0x1.555556p-1")
assert _dsp.calculate_rms_float32(memoryview(b"").cast("f")[:0].cast("B").cast("f", (0, 2)) if False else frames) > 0
raises(ValueError, "float32", _dsp.apply_gain_float32, memoryview(bytearray(8)).cast("B", (4, 2)), 1)
raises(BufferError, "", _dsp.apply_gain_float32, frames.toreadonly(), 1)
raises(TypeError, "", _dsp.apply_gain_float32, [1.0], 1)
""")
