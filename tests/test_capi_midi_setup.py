"""Core MIDI's setup in the functional API: devices, entities and lists that programs make."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from midi_kit import client, state_home

from coremusic import capi

__all__ = ["client", "state_home"]

NOT_FOUND, NOT_PERMITTED = -10842, -10844


def fails(name: str, call: Callable[[], object], status: int | None = None) -> None:
    with pytest.raises(RuntimeError, match=f"^{name} failed: ") as error:
        call()
    if status is not None:
        assert error.value.status_code == status  # type: ignore[attr-defined]


def devices() -> list[int]:
    return [capi.midi_get_device(i) for i in range(capi.midi_get_number_of_devices())]


def test_a_device_from_its_making_to_its_end(client: int) -> None:
    device = capi.midi_device_create("Box", "Maker", "M1")
    assert device not in devices()
    assert capi.midi_device_get_name(device) == "Box"
    assert capi.midi_object_get_manufacturer(device) == "Maker"
    assert capi.midi_object_get_model(device) == "M1"
    entity = capi.midi_device_new_entity(device, "Port 1", 2, True, 2, 1)
    old = capi.midi_device_add_entity(device, "Port 2", 0, 0, 1)
    assert [capi.midi_device_get_entity(device, i) for i in range(2)] == [entity, old]
    assert capi.midi_device_get_number_of_entities(device) == 2
    assert capi.midi_entity_get_number_of_sources(entity) == 2
    assert capi.midi_entity_get_number_of_destinations(old) == 1
    assert capi.midi_entity_get_name(entity) == "Port 1"

    sources = capi.midi_get_number_of_sources()
    assert capi.midi_setup_add_device(device) == 0
    assert device in devices()
    assert capi.midi_get_number_of_sources() == sources + 2
    fails("MIDIDeviceDispose", lambda: capi.midi_device_dispose(device))
    assert capi.midi_entity_add_or_remove_endpoints(entity, 1, 3) == 0
    assert capi.midi_entity_get_number_of_sources(entity) == 1
    assert capi.midi_entity_get_number_of_destinations(entity) == 3
    assert capi.midi_get_number_of_sources() == sources + 1
    assert capi.midi_device_remove_entity(device, old) == 0
    assert capi.midi_device_get_number_of_entities(device) == 1
    assert capi.midi_setup_remove_device(device) == 0
    assert device not in devices()
    assert capi.midi_get_number_of_sources() == sources


def test_a_device_that_is_never_shown(client: int) -> None:
    device = capi.midi_device_create("My Virtual Device")
    assert capi.midi_device_dispose(device) == 0
    fails("MIDIDeviceDispose", lambda: capi.midi_device_dispose(device), NOT_FOUND)
    assert capi.midi_device_get_number_of_entities(device) == 0


def test_external_devices(client: int) -> None:
    before = devices()
    device = capi.midi_external_device_create("Synth", "Maker", "X")
    assert capi.midi_setup_add_external_device(device) == 0
    assert devices() == before  # they are listed on their own
    assert capi.midi_object_get_name(device) == "Synth"
    assert capi.midi_setup_remove_external_device(device) == 0


def test_two_numbers_of_an_endpoint(client: int) -> None:
    device = capi.midi_device_create("Box")
    source = capi.midi_entity_get_source(capi.midi_device_add_entity(device, "P", True, 1, 0), 0)
    assert capi.midi_endpoint_get_ref_cons(source) == (0, 0)
    assert capi.midi_endpoint_set_ref_cons(source, -1, 2**62) == 0
    assert capi.midi_endpoint_get_ref_cons(source) == (-1, 2**62)
    assert capi.midi_endpoint_set_ref_cons(source) == 0
    assert capi.midi_endpoint_get_ref_cons(source) == (0, 0)
    capi.midi_device_dispose(device)
    fails("MIDIEndpointSetRefCons", lambda: capi.midi_endpoint_set_ref_cons(source, 1))
    fails("MIDIEndpointGetRefCons", lambda: capi.midi_endpoint_get_ref_cons(0))


def test_lists_of_devices(client: int) -> None:
    lists = capi.midi_get_driver_device_list(0)
    assert capi.midi_device_list_get_number_of_devices(lists) == 0
    with pytest.raises(IndexError, match=r"0 out of range"):
        capi.midi_device_list_get_device(lists, 0)
    device = capi.midi_device_create("Box")
    assert capi.midi_device_list_add_device(lists, device) == 0
    assert capi.midi_device_list_get_number_of_devices(lists) == 1
    assert capi.midi_device_list_get_device(lists, 0) == device
    for bad in (-1, 1, 2**31 - 1):
        with pytest.raises(IndexError):
            capi.midi_device_list_get_device(lists, bad)
    assert capi.midi_device_list_dispose(lists) == 0
    assert capi.midi_device_get_name(device) == "Box"
    assert capi.midi_device_list_get_number_of_devices(lists) == 0
    fails("MIDIDeviceListDispose", lambda: capi.midi_device_list_dispose(lists))
    fails("MIDIDeviceListAddDevice", lambda: capi.midi_device_list_add_device(lists, device))
    capi.midi_device_dispose(device)


def test_what_belongs_to_drivers(client: int) -> None:
    assert capi.midi_get_driver_io_runloop() != 0
    assert capi.midi_restart() == 0
    for made_up in (0, 1, 12345678, -1):
        fails("MIDIDriverEnableMonitoring", lambda ref=made_up: capi.midi_driver_enable_monitoring(ref, True))  # type: ignore[misc]
        assert capi.midi_device_list_get_number_of_devices(capi.midi_get_driver_device_list(made_up)) == 0


def test_wrong_arguments(client: int) -> None:
    device = capi.midi_device_create("Box")
    with pytest.raises(ValueError, match="num_source_endpoints"):
        capi.midi_device_add_entity(device, "P", True, -1, 0)
    with pytest.raises(TypeError, match="manufacturer"):
        capi.midi_device_create("Box", 5)  # type: ignore[arg-type]
    with pytest.raises(UnicodeEncodeError):
        capi.midi_external_device_create("a", "b", "\ud800")
    fails("MIDIDeviceNewEntity", lambda: capi.midi_device_new_entity(device, "P", 9, True, 1, 1))
    fails("MIDIDeviceAddEntity", lambda: capi.midi_device_add_entity(0, "P", True, 1, 1))
    fails("MIDIDeviceRemoveEntity", lambda: capi.midi_device_remove_entity(device, device))
    fails("MIDIEntityAddOrRemoveEndpoints", lambda: capi.midi_entity_add_or_remove_endpoints(device, 1, 1))
    capi.midi_device_dispose(device)
    for name in ("add_device", "remove_device", "add_external_device", "remove_external_device"):
        with pytest.raises(RuntimeError):
            getattr(capi, f"midi_setup_{name}")(device)
    bus = capi.midi_get_device(0)
    with pytest.raises(RuntimeError):
        capi.midi_setup_remove_device(bus)
    assert bus in devices()
