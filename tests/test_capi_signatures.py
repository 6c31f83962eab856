"""Names, parameters and defaults of the functional API, as programs written for it use them."""

from __future__ import annotations

import inspect
import re

import pytest

from coremusic import capi

SIGNATURES = """
fourchar_to_int(code)
int_to_fourchar(n)
audio_file_open_url(file_path, permissions=1, file_type_hint=0)
audio_file_close(audio_file_id)
audio_file_get_property(audio_file_id, property_id)
audio_file_read_packets(audio_file_id, start_packet, num_packets)
audio_file_stream_open(file_type_hint=0)
audio_file_stream_close(stream_id)
audio_file_stream_parse_bytes(stream_id, data, flags=0)
audio_file_stream_get_property(stream_id, property_id)
audio_file_stream_get_property_ready_to_produce_packets(stream_id)
audio_file_stream_seek(stream_id, packet_offset)
audio_converter_new(source_format, dest_format)
audio_converter_dispose(converter_id)
audio_converter_convert_buffer(converter_id, input_data)
audio_converter_get_property(converter_id, property_id)
audio_converter_set_property(converter_id, property_id, data)
audio_converter_reset(converter_id)
audio_converter_fill_complex_buffer(converter_id, input_data, input_packet_count, output_packet_count, source_format_dict)
extended_audio_file_open_url(file_path)
extended_audio_file_create_with_url(file_path, file_type, source_format, codec_manufacturer=0)
extended_audio_file_dispose(ext_file_id)
extended_audio_file_read(ext_file_id, num_frames)
extended_audio_file_write(ext_file_id, num_frames, audio_data)
extended_audio_file_get_property(ext_file_id, property_id)
extended_audio_file_set_property(ext_file_id, property_id, data)
midi_client_create(name)
midi_client_dispose(client)
midi_input_port_create(client, port_name)
midi_output_port_create(client, port_name)
midi_port_dispose(port)
midi_port_connect_source(port, source)
midi_port_disconnect_source(port, source)
midi_send_data(port, destination, data, timestamp=0)
midi_send(port_id, destination_id, data, timestamp=0)
midi_received(source, data, timestamp=0)
midi_flush_output(destination)
midi_receive(obj, timeout=0.0)
midi_receive_dropped(obj)
midi_set_callback(obj, callback)
midi_get_number_of_devices()
midi_get_device(device_index)
midi_device_get_number_of_entities(device)
midi_device_get_entity(device, entity_index)
midi_entity_get_number_of_sources(entity)
midi_entity_get_source(entity, source_index)
midi_entity_get_number_of_destinations(entity)
midi_entity_get_destination(entity, dest_index)
midi_get_number_of_sources()
midi_get_source(source_index)
midi_get_number_of_destinations()
midi_get_destination(dest_index)
midi_source_create(client, name)
midi_destination_create(client, name)
midi_endpoint_dispose(endpoint)
midi_object_get_string_property(obj, property_name)
midi_object_get_integer_property(obj, property_name)
midi_object_set_string_property(obj, property_name, value)
midi_object_set_integer_property(obj, property_name, value)
midi_object_get_name(obj)
midi_device_get_name(device)
midi_endpoint_get_name(endpoint)
midi_entity_get_name(entity)
midi_object_get_manufacturer(obj)
midi_object_get_model(obj)
midi_message_type_for_up_word(word)
midi1_up_channel_voice_message(group, status, channel, data1, data2)
midi1_channel_voice_message(group, status, channel, data1, data2)
midi1_up_note_off(group, channel, note_number, velocity)
midi1_up_note_on(group, channel, note_number, velocity)
midi1_up_control_change(group, channel, index, data)
midi1_up_pitch_bend(group, channel, lsb, msb)
midi1_up_system_common(group, status, byte1, byte2)
midi1_up_sysex(group, status, bytes_used, byte1, byte2, byte3, byte4, byte5, byte6)
midi2_channel_voice_message(group, status, channel, index, value)
midi2_note_on(group, channel, note_number, attribute_type, attribute_data, velocity)
midi2_note_off(group, channel, note_number, attribute_type, attribute_data, velocity)
midi2_control_change(group, channel, index, value)
midi2_program_change(group, channel, bank_is_valid, program, bank_msb, bank_lsb)
midi2_pitch_bend(group, channel, value)
midi_restart()
midi_endpoint_set_ref_cons(endpoint, ref1=0, ref2=0)
midi_endpoint_get_ref_cons(endpoint)
midi_device_new_entity(device, name, protocol, embedded, num_source_endpoints, num_destination_endpoints)
midi_device_add_entity(device, name, embedded, num_source_endpoints, num_destination_endpoints)
midi_device_remove_entity(device, entity)
midi_entity_add_or_remove_endpoints(entity, num_source_endpoints, num_destination_endpoints)
midi_setup_add_device(device)
midi_setup_remove_device(device)
midi_setup_add_external_device(device)
midi_setup_remove_external_device(device)
midi_external_device_create(name, manufacturer, model)
midi_device_create(name, manufacturer='', model='')
midi_device_dispose(device)
midi_device_list_get_number_of_devices(dev_list)
midi_device_list_get_device(dev_list, index)
midi_device_list_add_device(dev_list, device)
midi_device_list_dispose(dev_list)
midi_get_driver_io_runloop()
midi_get_driver_device_list(driver)
midi_driver_enable_monitoring(driver, enabled)
midi_thru_connection_params_initialize()
midi_thru_connection_create(persistent_owner_id=None, connection_params=None)
midi_thru_connection_create_with_params(params)
midi_thru_connection_dispose(connection)
midi_thru_connection_get_params(connection)
midi_thru_connection_set_params(connection, connection_params)
midi_thru_connection_find(persistent_owner_id)
normalize_audio_float32(audio_data, target_peak=0.9)
apply_gain_float32(audio_data, gain_db)
mix_audio_float32(output, input1, input2, mix_ratio=0.5)
convert_float32_to_int16(float_data, int_data)
convert_int16_to_float32(int_data, float_data)
stereo_to_mono_float32(stereo_data, mono_data)
mono_to_stereo_float32(mono_data, stereo_data)
apply_fade_in_float32(audio_data, fade_frames)
apply_fade_out_float32(audio_data, fade_frames)
calculate_rms_float32(audio_data)
calculate_peak_float32(audio_data)
normalize_audio(audio_data, target_peak=0.9)
apply_gain(audio_data, gain_db=None, *, gain=None)
calculate_rms(audio_data)
calculate_peak(audio_data)
mix_stereo_buffers(left, right, pan=0.5)
apply_fade_in(audio_data, fade_samples=None, *, fade_frames=None)
apply_fade_out(audio_data, fade_samples=None, *, fade_frames=None)
audio_object_show(object_id)
audio_hardware_unload()
audio_hardware_destroy_aggregate_device(in_device_id)
audio_object_get_property_data(object_id, property_selector, scope, element)
audio_object_get_property_string(object_id, property_selector, scope, element)
audio_hardware_get_devices()
audio_hardware_get_default_output_device()
audio_hardware_get_default_input_device()
audio_queue_new_output(audio_format)
audio_queue_allocate_buffer(queue_id, buffer_size)
audio_queue_enqueue_buffer(queue_id, buffer_id)
audio_queue_start(queue_id)
audio_queue_stop(queue_id, immediate=True)
audio_queue_dispose(queue_id, immediate=True)
audio_component_find_next(description_dict, previous_component_id=0)
audio_component_instance_new(component_id)
audio_component_instance_dispose(instance_id)
audio_component_copy_name(component_id)
audio_component_get_description(component_id)
audio_unit_initialize(audio_unit_id)
audio_unit_uninitialize(audio_unit_id)
audio_unit_set_property(audio_unit_id, property_id, scope, element, data)
audio_unit_get_property(audio_unit_id, property_id, scope, element)
audio_output_unit_start(audio_unit_id)
audio_output_unit_stop(audio_unit_id)
audio_unit_find_all_components(component_type=None, component_subtype=None, manufacturer=None)
audio_unit_get_component_info(component_id)
audio_unit_get_parameter_list(audio_unit_id, scope=0, element=0)
audio_unit_get_parameter_info(audio_unit_id, param_id, scope=0)
audio_unit_get_parameter(audio_unit_id, param_id, scope=0, element=0)
audio_unit_set_parameter(audio_unit_id, param_id, value, scope=0, element=0)
audio_unit_get_factory_presets(audio_unit_id)
audio_unit_set_current_preset(audio_unit_id, preset_number)
audio_unit_render(audio_unit_id, input_data, num_frames, sample_rate=44100.0, num_channels=2)
audio_services_create_system_sound_id(file_path)
audio_services_dispose_system_sound_id(sound_id)
audio_services_play_system_sound(sound_id)
audio_services_play_alert_sound(sound_id)
audio_services_get_property(property_id, specifier_value=0)
audio_services_set_property(property_id, data, specifier_value=0)
test_error()
audio_object_has_property(object_id, property_selector, scope, element)
audio_object_is_property_settable(object_id, property_selector, scope, element)
audio_object_set_property_data(object_id, property_selector, scope, element, data)
audio_object_add_property_listener(object_id, property_selector, scope, element, callback)
audio_object_remove_property_listener(object_id, property_selector, scope, element, callback)
""".strip().splitlines()  # noqa: E501

NAMES = [line.partition("(")[0] for line in SIGNATURES]


@pytest.mark.parametrize("line", SIGNATURES, ids=NAMES)
def test_signature(line: str) -> None:
    name = line.partition("(")[0]
    assert f"{name}{inspect.signature(getattr(capi, name))}" == line


def test_nothing_else_is_public() -> None:
    functions = {name for name in capi.__all__ if not name.startswith("get_")}
    assert functions == {*NAMES, "AudioPlayer", "CoreAudioObject"}


def test_every_public_name_resolves() -> None:
    assert len(set(capi.__all__)) == len(capi.__all__)
    for name in capi.__all__:
        assert callable(getattr(capi, name))
        assert getattr(capi, name).__doc__


@pytest.mark.parametrize("name", NAMES)
def test_positional_or_keyword(name: str) -> None:
    for parameter in inspect.signature(getattr(capi, name)).parameters.values():
        by_keyword_only = parameter.name in ("gain", "fade_frames") and not name.endswith("float32")
        expected = (
            inspect.Parameter.KEYWORD_ONLY if by_keyword_only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        assert parameter.kind == expected


@pytest.mark.parametrize("name", NAMES)
def test_wrong_calls(name: str) -> None:
    """The interpreter's own words for what Python functions say."""
    function = getattr(capi, name)
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    with pytest.raises(TypeError, match=re.escape(f"{name}()")):
        function(*[0] * (len(positional) + 1))
    if not parameters:
        with pytest.raises(TypeError, match=rf"{name}\(\) (takes no|got an unexpected) keyword"):
            function(nonsense=1)
        return
    with pytest.raises(TypeError, match=re.escape(f"{name}() got an unexpected keyword argument 'nonsense'")):
        function(nonsense=1)
    if not positional:
        return
    with pytest.raises(
        TypeError, match=re.escape(f"{name}() got multiple values for argument '{positional[0].name}'")
    ):
        function(0, **{positional[0].name: 0})
    required = [p for p in positional if p.default is p.empty]
    if required:
        with pytest.raises(TypeError, match=f"missing.*'{required[0].name}'"):
            function()


def test_module_attributes() -> None:
    assert capi.logger.name == "coremusic.capi"
    assert capi.log.__name__ == "coremusic.log"
    assert capi.os_status.__name__ == "coremusic.os_status"
    with pytest.raises(AttributeError, match="nothing"):
        capi.nothing  # type: ignore[attr-defined]  # noqa: B018
