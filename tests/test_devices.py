"""AudioDevice, AudioDeviceManager and the functional API of the HAL, on the virtual devices."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
import threading

import pytest
from live_kit import find, hand, noise, wait_until  # noqa: F401

import coremusic as cm
from coremusic import capi
from coremusic.audio.streaming import AudioInputStream, AudioOutputStream
from coremusic.engine import virtual

SYSTEM = 1


def test_devices_are_listed_with_their_facts() -> None:
    names = {d.uid: d for d in cm.AudioDeviceManager.get_devices()}
    output, source = names[virtual.OUTPUT], names[virtual.INPUT]
    assert output.name and output.manufacturer and output.model_uid
    assert capi.int_to_fourchar(output.transport_type) == "virt"
    assert (output.output_channels, output.input_channels) == (2, 0)
    assert (source.output_channels, source.input_channels) == (0, 2)
    assert output.is_alive and not output.is_hidden
    assert 44100.0 in output.available_sample_rates and output.sample_rate in output.available_sample_rates
    low, high = output.buffer_frame_size_range
    assert low <= output.buffer_frame_size <= high
    assert repr(output) == f"AudioDevice(id={output.object_id}, name='{output.name}')"
    assert str(output) == f"{output.name} ({output.manufacturer})"


def test_device_equality_and_lookup() -> None:
    manager = cm.AudioDeviceManager
    output = manager.find_device_by_uid(virtual.OUTPUT)
    assert output is not None
    assert manager.find_device_by_name(output.name.upper()) == output
    assert hash(output) == hash(cm.AudioDevice(output.object_id))
    assert manager.find_device_by_uid(virtual.OUTPUT.upper()) is None
    assert output in manager.get_output_devices() and output not in manager.get_input_devices()
    assert manager.find_by_name is manager.find_device_by_name


def test_stream_configuration_is_the_buffer_list() -> None:
    output = virtual.device()
    found = output.get_stream_configuration()
    raw = capi.audio_object_get_property_data(output.object_id, "slay", "outp", 0)
    assert found["raw_data_length"] == len(raw)
    assert found["number_buffers"] == struct.unpack_from("=I", raw)[0] == len(found["buffers"])
    assert found["channels"] == 2
    with pytest.raises(cm.AudioDeviceError):
        output.get_stream_configuration("sideways")


def test_a_device_that_is_not_there_reads_as_nothing() -> None:
    gone = cm.AudioDevice(987654)
    assert (gone.name, gone.uid, gone.sample_rate, gone.is_alive) == ("", "", 0.0, False)
    assert gone.available_sample_rates == [] and gone.output_channels == 0
    with pytest.raises(cm.AudioDeviceError) as caught:
        gone.get_stream_configuration()
    assert caught.value.status_code == int.from_bytes(b"!obj", "big")
    with pytest.raises(cm.AudioDeviceError):
        gone.sample_rate = 48000.0


def test_sample_rate_and_buffer_size_can_be_set(hand: None) -> None:  # noqa: F811
    output = virtual.device()
    output.sample_rate = 44100.0
    assert output.sample_rate == 44100.0
    raw = capi.audio_object_get_property_data(output.object_id, "nsrt", "glob", 0)
    assert struct.unpack("=d", raw) == (44100.0,)
    output.buffer_frame_size = 256
    assert output.buffer_frame_size == 256
    with pytest.raises(cm.AudioDeviceError):
        output.sample_rate = 12345.0


def test_what_is_no_number_or_device_is_refused() -> None:
    output = virtual.device()
    for name in ("sample_rate", "buffer_frame_size", "volume"):
        for wrong in ("x", None, [1]):
            with pytest.raises(TypeError, match=name):
                setattr(output, name, wrong)
    for name, beyond in (("buffer_frame_size", -1), ("buffer_frame_size", 1 << 40), ("volume", 1e300)):
        with pytest.raises(ValueError, match=name):
            setattr(output, name, beyond)
    with pytest.raises(TypeError, match="buffer_frame_size"):
        output.buffer_frame_size = 1.5  # type: ignore[assignment]
    for choose in (
        cm.AudioDeviceManager.set_default_output_device,
        cm.AudioDeviceManager.set_default_input_device,
    ):
        with pytest.raises(TypeError, match="AudioDevice"):
            choose(output.object_id)  # type: ignore[arg-type]


def test_volume_and_mute_change_what_is_heard_by_listeners() -> None:
    output = virtual.device()
    heard = threading.Event()

    def changed(*what: int) -> None:
        if what[1] == capi.fourchar_to_int("volm"):
            heard.set()

    output.add_listener("volm", changed)
    before = output.volume
    try:
        output.volume = 0.25
        assert output.volume == pytest.approx(0.25, abs=0.01)
        assert heard.wait(5)
        output.mute = True
        assert output.mute
    finally:
        output.mute = False
        output.volume = before
        output.remove_listener("volm", changed)


def test_functional_calls_of_the_contract() -> None:
    output = virtual.device()
    devices = capi.audio_hardware_get_devices()
    assert output.object_id in devices
    assert capi.audio_hardware_get_default_output_device() in devices
    assert capi.audio_hardware_get_default_input_device() in devices
    name = capi.audio_object_get_property_string(output.object_id, "lnam", "glob", 0)
    assert isinstance(name, bytes) and name.decode() == output.name
    with pytest.raises(RuntimeError):
        capi.audio_object_get_property_string(output.object_id, "nsrt", "glob", 0)  # no string
    with pytest.raises(RuntimeError):
        capi.audio_object_get_property_data(output.object_id, "????", "glob", 0)
    assert capi.audio_hardware_destroy_aggregate_device(output.object_id) != 0
    assert capi.audio_object_has_property(output.object_id, "nsrt", "glob", 0)
    assert capi.audio_object_is_property_settable(output.object_id, "nsrt", "glob", 0)
    assert not capi.audio_object_is_property_settable(output.object_id, "uid ", "glob", 0)
    assert capi.test_error() == -4


def test_show_prints_to_standard_output() -> None:
    code = (
        "import coremusic.capi as c\n"
        "c.audio_object_show(1)\n"
        "c.audio_object_show(c.audio_hardware_get_default_output_device())\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Virtual Output" in shown.stdout


def test_devices_come_and_go() -> None:
    changes = []
    end = cm.AudioDeviceManager.add_listener(lambda: changes.append(1))
    uid = "coremusic:virtual:test"
    try:
        virtual.add_device(uid, "Eight", 8, 6, 96000.0)
        device = virtual.device(uid)
        assert (device.input_channels, device.output_channels, device.sample_rate) == (8, 6, 96000.0)
        wait_until(lambda: changes)
        virtual.set_plugged(uid, False)
        wait_until(lambda: not device.is_alive)
        assert cm.AudioDeviceManager.find_device_by_uid(uid) is None
        virtual.set_plugged(uid, True)
        assert virtual.device(uid) != device
    finally:
        virtual.remove_device(uid)
        end()
    with pytest.raises(LookupError):
        virtual.device(uid)
    with pytest.raises(RuntimeError):
        virtual.remove_device(virtual.OUTPUT)


def test_default_devices_can_be_set() -> None:
    uid = "coremusic:virtual:other"
    manager = cm.AudioDeviceManager
    before = manager.get_default_output_device()
    assert before is not None
    virtual.add_device(uid)
    try:
        manager.set_default_output_device(virtual.device(uid))
        assert manager.get_default_output_device() == virtual.device(uid)
    finally:
        virtual.remove_device(uid)
    wait_until(lambda: manager.get_default_output_device() == before)


def test_a_listener_that_raises_is_reported_and_the_rest_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: seen.append(what.exc_type))
    output = virtual.device()
    good = threading.Event()
    bad = lambda *_: 1 / 0  # noqa: E731
    also = lambda *_: good.set()  # noqa: E731
    output.add_listener("volm", bad)
    output.add_listener("volm", also)
    before = output.volume
    try:
        output.volume = 0.4
        assert good.wait(5)
        wait_until(lambda: seen)
        assert seen[0] is ZeroDivisionError
    finally:
        output.volume = before
        output.remove_listener("volm", bad)
        output.remove_listener("volm", also)


def test_a_listener_may_remove_itself() -> None:
    output = virtual.device()
    calls: list[int] = []

    def once(*_: int) -> None:
        calls.append(1)
        output.remove_listener("volm", once)

    output.add_listener("volm", once)
    before = output.volume
    output.volume = 0.1
    wait_until(lambda: calls)
    output.volume = 0.2
    output.volume = before
    assert len(calls) == 1


def test_the_engine_knows_its_drivers() -> None:
    from coremusic import engine

    assert engine.drivers()[-1] == "virtual" and engine.get_driver() == "virtual"
    with pytest.raises(RuntimeError, match="kAudioHardwareIllegalOperationError.*gramophone"):
        engine.select_driver("gramophone")
    assert engine.get_driver() == "virtual"


def test_time_that_would_take_for_ever_can_be_interrupted(hand: None) -> None:  # noqa: F811
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with AudioOutputStream(virtual.device()):
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                virtual.advance(1 << 60)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    for rate in (0.0, 1e-9, -1.0, float("nan")):
        with pytest.raises(RuntimeError, match="1 Hz"):
            virtual.advance(10, rate)


def test_capture_and_feed_are_exact(hand: None) -> None:  # noqa: F811
    fed = noise(2048)
    virtual.feed(fed)
    assert virtual.feed_left(virtual.INPUT) == 2048
    with pytest.raises(ValueError):
        virtual.feed(fed, virtual.OUTPUT)
    source = virtual.device(virtual.INPUT)
    with AudioInputStream(source, sample_rate=48000.0, buffers=64) as stream:
        virtual.advance(8192)
        heard = stream.read(8192, timeout=0)
    assert find(fed, heard) >= 0 and virtual.feed_left(virtual.INPUT) == 0
