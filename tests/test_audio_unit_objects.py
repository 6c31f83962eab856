"""AudioUnit, AudioComponent and the functional API of units, on the virtual devices."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Any

import numpy as np
import pytest
from live_kit import CYCLE, RATE, find, hand, noise, pcm, wait_until  # noqa: F401

import coremusic as cm
from coremusic import capi
from coremusic.engine import virtual

STREAM_FORMAT, SAMPLE_RATE, MAX_FRAMES = 8, 2, 14


def generic() -> cm.AudioUnit:
    component = cm.AudioComponent.find_next(cm.AudioComponentDescription("auou", "genr", "appl"))
    assert component is not None
    return component.create_instance()


def test_components_are_found() -> None:
    description = cm.AudioComponentDescription("auou", "def ", "appl")
    component = cm.AudioComponent.find_next(description)
    assert component is not None and component._description is description
    assert ":" in component.name
    assert cm.AudioComponent.find_next(cm.AudioComponentDescription("none", "none", "none")) is None
    assert cm.AudioComponent.find_next(cm.AudioComponentDescription("too long", "", "")) is None
    everything = cm.AudioComponent.find_all()
    subtypes = {c.description.subtype for c in everything}
    assert {"def ", "sys ", "ahal", "genr"} <= subtypes
    assert description.to_dict() == {
        "type": 0x61756F75,
        "subtype": 0x64656620,
        "manufacturer": 0x6170706C,
        "flags": 0,
        "flags_mask": 0,
    }
    assert cm.AudioComponentDescription.from_dict(description.to_dict()) == description
    assert (
        description.component_type == "auou" and description == cm.AudioComponentDescription.default_output()
    )


def test_functional_components() -> None:
    handles = capi.audio_unit_find_all_components("auou", None, "appl")
    infos = [capi.audio_unit_get_component_info(h) for h in handles]
    assert {"def ", "genr"} <= {i["subtype"] for i in infos}
    assert all(i["type"] == "auou" and i["name"] and i["component_id"] in handles for i in infos)
    assert capi.audio_unit_find_all_components("zzzz") == []
    with pytest.raises(AssertionError):
        capi.audio_unit_find_all_components("abc")
    with pytest.raises(TypeError):
        capi.audio_unit_find_all_components(3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        capi.audio_component_find_next(3)  # type: ignore[arg-type]
    assert capi.audio_component_copy_name(0) is None
    for call in (capi.audio_component_get_description, capi.audio_component_instance_new):
        with pytest.raises(RuntimeError):
            call(12345)


def test_render_pulls_a_python_callback() -> None:
    samples = noise(4000)
    at = [0]

    def more(frames: int) -> Any:
        part = samples[at[0] : at[0] + frames]
        at[0] += frames
        return part

    with generic() as unit:
        assert unit.get_stream_format().sample_rate == unit.sample_rate
        unit.uninitialize()
        unit.set_stream_format(pcm(), "input")
        unit.set_stream_format(pcm(), "output")
        unit.set_render_callback(more)
        unit.initialize()
        heard = np.frombuffer(unit.render(1000) + unit.render(3000), np.float32).reshape(-1, 2)
        assert np.array_equal(heard, samples)
        assert len(unit.render(0)) == 0
        silence = np.frombuffer(unit.render(100), np.float32)
        assert not silence.any()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_samples_of_another_shape_are_silence_and_reported(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: seen.append(str(what.exc_value)))
    for shape, channels in ((200, 2), ((100, 1), 2), ((50, 2, 2), 2), ((100, 2), 1)):
        with generic() as unit:
            unit.uninitialize()
            unit.set_stream_format(pcm(channels=channels), "input")
            unit.set_render_callback(lambda _, shape=shape: np.ones(shape, kind))
            unit.initialize()
            assert not np.frombuffer(unit.render(100), np.float32).any()
        assert seen and all(f"where {channels} are played" in text for text in seen)
        seen.clear()
    with generic() as unit:
        unit.uninitialize()
        unit.set_stream_format(pcm(channels=1), "input")
        unit.set_stream_format(pcm(channels=1), "output")
        unit.set_render_callback(lambda frames: np.ones(frames, kind))
        unit.initialize()
        assert np.frombuffer(unit.render(100), np.float32).tolist() == [1.0] * 100


def test_formats_are_converted_on_the_way() -> None:
    with generic() as unit:
        unit.uninitialize()
        unit.set_stream_format(pcm(), "input")
        unit.set_stream_format(cm.AudioFormat.pcm(RATE, 2, 16), "output")
        values = np.array([[0.5, -0.5], [0.25, -1.0]], np.float32)
        unit.set_render_callback(lambda frames: values[:frames])
        unit.initialize()
        assert np.frombuffer(unit.render(2), np.int16).tolist() == [16384, -16384, 8192, -32768]


def test_functional_render_uses_its_input() -> None:
    handle = capi.audio_unit_find_all_components("auou", "genr")[0]
    unit = capi.audio_component_instance_new(handle)
    try:
        with pytest.raises(RuntimeError):
            capi.audio_unit_render(unit, b"", 10)
        capi.audio_unit_initialize(unit)
        samples = noise(3000)
        made = capi.audio_unit_render(unit, samples.tobytes(), 3000)
        assert np.array_equal(np.frombuffer(made, np.float32).reshape(-1, 2), samples)
        made = capi.audio_unit_render(unit, samples[:100].tobytes(), 200)
        assert np.array_equal(np.frombuffer(made, np.float32).reshape(-1, 2)[:100], samples[:100])
        assert not np.frombuffer(made, np.float32).reshape(-1, 2)[100:].any()
        with pytest.raises(TypeError):
            capi.audio_unit_render(unit, "text", 10)  # type: ignore[arg-type]
        with pytest.raises(ValueError):
            capi.audio_unit_render(unit, b"", 10, 12345.0)
        with pytest.raises(ValueError):
            capi.audio_unit_render(unit, b"", -1)
    finally:
        capi.audio_component_instance_dispose(unit)
    with pytest.raises(RuntimeError):
        capi.audio_unit_render(unit, b"", 10)


def test_properties() -> None:
    with generic() as unit:
        raw = unit.get_property(MAX_FRAMES, 0, 0)
        assert int.from_bytes(raw, sys.byteorder) == unit.max_frames_per_slice > 0
        unit.uninitialize()
        unit.max_frames_per_slice = 256
        assert unit.max_frames_per_slice == 256
        unit.sample_rate = 32000.0
        assert unit.sample_rate == 32000.0
        assert [unit.get_stream_format(s).sample_rate for s in ("INPUT", "output")] == [32000.0, 32000.0]
        assert unit.latency == 0.0 and 0.0 <= unit.cpu_load <= 1.0
        assert unit.get_parameter_list() == capi.audio_unit_get_parameter_list(unit.object_id)
        with pytest.raises(cm.AudioUnitError):
            unit.get_property(123456, 0, 0)
        with pytest.raises(cm.AudioUnitError):
            unit.get_stream_format("sideways")
        with pytest.raises(cm.AudioUnitError):
            unit.get_parameter_list("sideways")
        with pytest.raises(cm.AudioUnitError) as caught:
            unit.set_stream_format(cm.AudioFormat(RATE, "aac "), "input")
        assert caught.value.status_code == -10868
    with pytest.raises(RuntimeError):
        _ = unit.sample_rate
    with pytest.raises(RuntimeError):
        unit.initialize()


def test_properties_as_methods() -> None:
    with cm.AudioUnit(cm.AudioComponentDescription("auou", "genr", "appl")).open() as unit:
        unit.uninitialize()
        unit.set_sample_rate(32000.0)
        assert unit.get_sample_rate() == unit.sample_rate
        unit.set_maximum_frames_per_slice(777)
        assert unit.get_maximum_frames_per_slice() == unit.max_frames_per_slice == 777
        with pytest.raises(TypeError):
            unit.set_sample_rate("fast")  # type: ignore[arg-type]


def test_bytes_cannot_stand_for_addresses() -> None:
    with generic() as unit:
        callback = b"\x01" * 16
        with pytest.raises(ValueError):
            capi.audio_unit_set_property(unit.object_id, 23, 1, 0, callback)
        with pytest.raises(ValueError):
            unit.set_property(23, 1, 0, callback)
        assert capi.audio_unit_set_property(unit.object_id, 23, 1, 0, bytes(16)) == 0


def test_the_default_output_plays_a_python_callback(hand: None) -> None:  # noqa: F811
    samples = noise(12 * CYCLE)
    at = [0]

    def more(frames: int) -> Any:
        part = samples[at[0] : at[0] + frames]
        at[0] += frames
        return part if len(part) else None

    unit = cm.AudioUnit.default_output()
    with pytest.raises(cm.AudioUnitError, match="not initialized"):
        unit.start()
    unit.set_stream_format(pcm())
    assert unit.get_stream_format().bits_per_channel == 32
    unit.set_render_callback(more)
    with virtual.capture() as captured, unit:
        unit.start()
        with pytest.raises(cm.AudioUnitError):
            unit.set_render_callback(None)
        for cycle in range(1, 17):
            # Who asks for a block has put the one before into the ring.
            wait_until(lambda cycle=cycle: at[0] > min(cycle * CYCLE, len(samples)))
            virtual.advance(CYCLE)
        unit.stop()
    assert unit.dropouts == 0 and find(samples, captured.samples) >= 0


class Buffers(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_uint32),
        ("channels", ctypes.c_uint32),
        ("bytes", ctypes.c_uint32),
        ("data", ctypes.c_void_p),
    ]


def test_a_c_render_callback_gets_no_gil(hand: None) -> None:  # noqa: F811
    """An AURenderCallback of ctypes; the frames are counted by what it is asked for."""
    kind = ctypes.CFUNCTYPE(
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_uint32,
        ctypes.POINTER(Buffers),
    )
    asked: list[int] = []

    def fill(user: Any, flags: Any, stamp: Any, bus: int, frames: int, buffers: Any) -> int:
        data = np.full(frames * 2, 0.125, np.float32)
        ctypes.memmove(buffers.contents.data, data.ctypes.data, data.nbytes)
        asked.append(frames)
        return 0

    function = kind(fill)
    unit = cm.AudioUnit.default_output()
    unit.set_stream_format(pcm())
    unit.set_render_callback(ctypes.cast(function, ctypes.c_void_p).value)
    with virtual.capture() as captured, unit:
        unit.start()
        virtual.advance(8 * CYCLE)
        unit.stop()
    assert sum(asked) == 8 * CYCLE
    assert (captured.samples == np.float32(0.125)).all()


def test_dropped_units_end() -> None:
    device = virtual.device()
    unit = cm.AudioUnit.default_output()
    unit.set_render_callback(lambda frames: bytes(8 * frames))
    unit.initialize()
    unit.start()
    wait_until(lambda: device.is_running)
    del unit
    gc.collect()
    wait_until(lambda: not device.is_running)


def test_a_bare_unit() -> None:
    bare = cm.AudioUnit()
    with pytest.raises(cm.AudioUnitError):
        bare.initialize()
    with pytest.raises(cm.AudioUnitError):
        cm.AudioUnit(cm.AudioComponentDescription("zzzz", "zzzz", "zzzz")).open()
    bare.dispose()
    bare.dispose()
    assert bare.is_disposed
