"""The calls that coremusic's published documentation shows, as it shows them, in a folder where its files are."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from objects_kit import write_pcm

import coremusic as cm
from coremusic import capi


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """path/to/audio.wav of 1.5 s and large_audio.wav of 120 000 frames, 16-bit stereo at 44.1 kHz."""
    (tmp_path / "path" / "to").mkdir(parents=True)
    write_pcm(tmp_path, "s16.wav", 66150).rename(tmp_path / "path" / "to" / "audio.wav")
    write_pcm(tmp_path, "s16.wav", 120_000).rename(tmp_path / "large_audio.wav")
    monkeypatch.chdir(tmp_path)


def first_bytes(frames: int) -> bytes:
    with wave.open("path/to/audio.wav") as file:
        return file.readframes(frames)


def test_file_as_context_manager() -> None:
    with cm.AudioFile("path/to/audio.wav") as audio_file:
        assert f"Duration: {audio_file.duration:.2f} seconds" == "Duration: 1.50 seconds"
        assert f"Format: {audio_file.format}" == "Format: AudioFormat(44100.0Hz, lpcm, channels=2, bits=16)"
        data, count = audio_file.read_packets(0, 1000)
        assert f"Read {count} packets, {len(data)} bytes" == "Read 1000 packets, 4000 bytes"
        assert data == first_bytes(1000)


def test_file_opened_and_closed_by_hand() -> None:
    audio_file = cm.AudioFile("path/to/audio.wav")
    audio_file.open()
    try:
        format_info = audio_file.format
        assert format_info.sample_rate == 44100.0
        assert format_info.channels_per_frame == 2
    finally:
        audio_file.close()
    assert audio_file.is_disposed


def test_file_as_functions() -> None:
    audio_file = capi.audio_file_open_url("path/to/audio.wav")
    format_data = capi.audio_file_get_property(audio_file, capi.get_audio_file_property_data_format())
    format_dict = cm.parse_audio_stream_basic_description(format_data)
    assert format_dict == {
        "sample_rate": 44100.0,
        "format_id": "lpcm",
        "format_flags": 12,
        "bytes_per_packet": 4,
        "frames_per_packet": 1,
        "bytes_per_frame": 4,
        "channels_per_frame": 2,
        "bits_per_channel": 16,
        "reserved": 0,
    }
    packet_data, packets_read = capi.audio_file_read_packets(audio_file, 0, 1000)
    assert (packet_data, packets_read) == (first_bytes(1000), 1000)
    capi.audio_file_close(audio_file)


def test_explicit_import_of_the_functional_layer() -> None:
    import coremusic.capi as functional

    assert functional is cm.capi is capi


def test_format_by_keywords() -> None:
    format = cm.AudioFormat(sample_rate=44100.0, format_id="lpcm", channels_per_frame=2, bits_per_channel=16)
    assert (format.sample_rate, format.format_id) == (44100.0, "lpcm")
    assert (format.channels_per_frame, format.bits_per_channel) == (2, 16)


def test_format_dict_with_a_code_of_four_characters() -> None:
    format_dict = {
        "sample_rate": 44100.0,
        "format_id": "lpcm",
        "channels_per_frame": 2,
        "bits_per_channel": 16,
    }
    converter = capi.audio_converter_new(format_dict, format_dict)
    assert capi.audio_converter_convert_buffer(converter, b"abcd") == b"abcd"
    capi.audio_converter_dispose(converter)


def test_codes_from_functions() -> None:
    """The numbers by which the default output unit is looked up."""
    assert capi.fourchar_to_int("auou") == capi.get_audio_unit_type_output()
    assert capi.fourchar_to_int("def ") == capi.get_audio_unit_subtype_default_output()
    assert capi.fourchar_to_int("appl") == capi.get_audio_unit_manufacturer_apple()


def test_buffer_pool() -> None:
    from coremusic.audio.buffer_pool import AudioBufferPool

    pool = AudioBufferPool(max_memory_mb=100)
    buffer = pool.get_buffer(size=4096, channels=2)
    assert pool.num_active == 1
    assert np.asarray(buffer).size == 4096 * 2
    np.asarray(buffer)[...] = 0.5
    pool.return_buffer(buffer)
    assert f"Pool size: {pool.current_size_mb:.2f} MB" == "Pool size: 0.03 MB"
    assert f"Active buffers: {pool.num_active}" == "Active buffers: 0"


def test_memory_mapped_file() -> None:
    from coremusic.audio.mmap_file import MMapAudioFile

    sound = sf.read("large_audio.wav", dtype="int16")[0].tobytes()
    with MMapAudioFile("large_audio.wav") as mmap_file:
        assert f"Duration: {mmap_file.duration:.2f}s" == "Duration: 2.72s"
        assert f"Sample rate: {mmap_file.sample_rate}Hz" == "Sample rate: 44100.0Hz"
        chunk = mmap_file.read_frames(start=100000, count=4096)
        assert bytes(chunk) == sound[400_000 : 400_000 + 4096 * 4]
        assert b"".join(bytes(chunk) for chunk in mmap_file.iter_chunks(chunk_size=8192)) == sound


def test_buffer_operations() -> None:
    left = np.array([0.5, 0.3, 0.8], dtype=np.float32)
    right = np.array([0.4, 0.6, 0.7], dtype=np.float32)
    result = capi.mix_stereo_buffers(left, right, pan=0.5)
    np.testing.assert_array_equal(result, np.stack([left, right], axis=1))
    capi.apply_gain(left, gain=0.8)
    np.testing.assert_allclose(left, [0.4, 0.24, 0.64], rtol=1e-6)
    capi.apply_fade_in(left, fade_samples=1000)
    np.testing.assert_allclose(left, [0, 0.24 / 3, 0.64 * 2 / 3], rtol=1e-6)
    capi.apply_fade_out(right, fade_samples=1000)
    np.testing.assert_allclose(right, [0.4, 0.6 * 2 / 3, 0.7 / 3], rtol=1e-6)


def test_exceptions_by_name() -> None:
    for name in ("AudioFileError", "AudioQueueError", "AudioUnitError", "MIDIError", "MusicPlayerError"):
        assert issubclass(getattr(cm, name), cm.CoreAudioError)
    with pytest.raises(cm.AudioFileError), cm.AudioFile("missing.wav"):
        pass
    with pytest.raises(RuntimeError):
        capi.audio_file_open_url("missing.wav")


# ---- live sound: on the virtual devices, which conftest.py chooses ----


def test_unit_as_context_manager() -> None:
    with cm.AudioUnit.default_output() as unit:
        format = cm.AudioFormat(
            sample_rate=44100.0, format_id="lpcm", channels_per_frame=2, bits_per_channel=16
        )
        unit.set_stream_format(format)
        unit.start()
        assert unit.is_running
        unit.stop()
    assert unit.is_disposed


def test_unit_managed_by_hand() -> None:
    unit = cm.AudioUnit.default_output()
    try:
        unit.initialize()
        unit.start()
        unit.stop()
        unit.uninitialize()
    finally:
        unit.dispose()


def test_unit_as_functions() -> None:
    description = {
        "type": capi.fourchar_to_int("auou"),
        "subtype": capi.fourchar_to_int("def "),
        "manufacturer": capi.fourchar_to_int("appl"),
        "flags": 0,
        "flags_mask": 0,
    }
    component_id = capi.audio_component_find_next(description)
    assert component_id is not None
    audio_unit = capi.audio_component_instance_new(component_id)
    capi.audio_unit_initialize(audio_unit)
    capi.audio_output_unit_start(audio_unit)
    capi.audio_output_unit_stop(audio_unit)
    capi.audio_unit_uninitialize(audio_unit)
    capi.audio_component_instance_dispose(audio_unit)


def test_queue_as_object() -> None:
    format = cm.AudioFormat(sample_rate=44100.0, format_id="lpcm", channels_per_frame=2, bits_per_channel=16)
    queue = cm.AudioQueue.new_output(format)
    try:
        buffers = []
        for _ in range(3):
            buffer = queue.allocate_buffer(1024)
            buffers.append(buffer)
            queue.enqueue_buffer(buffer)
        queue.start()
        queue.stop()
    finally:
        queue.dispose()


def test_queue_as_functions() -> None:
    audio_format = {
        "sample_rate": 44100.0,
        "format_id": "lpcm",
        "channels_per_frame": 2,
        "bits_per_channel": 16,
    }
    queue_id = capi.audio_queue_new_output(audio_format)
    buffers = []
    for _ in range(3):
        buffer_id = capi.audio_queue_allocate_buffer(queue_id, 1024)
        buffers.append(buffer_id)
        capi.audio_queue_enqueue_buffer(queue_id, buffer_id)
    capi.audio_queue_start(queue_id)
    capi.audio_queue_stop(queue_id)
    capi.audio_queue_dispose(queue_id)


def test_player() -> None:
    player = cm.AudioPlayer()
    player.load_file("path/to/audio.wav")
    player.setup_output()
    player.play()
    player.set_looping(True)
    assert f"Playing: {player.is_playing()}" == "Playing: True"
    assert 0.0 <= player.get_progress() <= 1.0
    player.stop()


# ---- MIDI: in the process alone, as conftest.py says; the bus is the destination that is always there ----


def test_midi_as_objects() -> None:
    destination = capi.midi_get_destination(0)
    client = cm.MIDIClient("My MIDI App")
    try:
        input_port = client.create_input_port("Input")
        output_port = client.create_output_port("Output")
        input_port.connect_source(capi.midi_get_source(0))
        note_on_data = b"\x90\x60\x7f"
        output_port.send_data(destination, note_on_data)
        message = input_port.receive(5.0)
        assert message is not None and message.data == note_on_data
    finally:
        client.dispose()


def test_midi_as_functions() -> None:
    destination_id = capi.midi_get_destination(0)
    client_id = capi.midi_client_create("My MIDI App")
    try:
        input_port_id = capi.midi_input_port_create(client_id, "Input")
        output_port_id = capi.midi_output_port_create(client_id, "Output")
        capi.midi_port_connect_source(input_port_id, capi.midi_get_source(0))
        note_on_data = b"\x90\x60\x7f"
        capi.midi_send(output_port_id, destination_id, note_on_data, 0)
        assert capi.midi_receive(input_port_id, 5.0)[0][1] == note_on_data
        capi.midi_port_dispose(input_port_id)
        capi.midi_port_dispose(output_port_id)
    finally:
        capi.midi_client_dispose(client_id)


def test_midi_packets_and_devices() -> None:
    ump = capi.midi1_channel_voice_message(
        group=0, status=capi.get_midi_status_note_on(), channel=0, data1=60, data2=100
    )
    assert f"MIDI UMP: {ump:08X}" == "MIDI UMP: 20903C64"
    assert capi.midi_get_number_of_devices() >= 1
    assert capi.midi_get_number_of_sources() >= 1
    device = capi.midi_device_create("My Virtual Device")
    assert capi.midi_device_get_name(device) == "My Virtual Device"
    capi.midi_device_dispose(device)


def test_thru_connection() -> None:
    params = capi.midi_thru_connection_params_initialize()
    params["channelMap"][0] = 1
    params["noteNumber"] = {"transform": capi.get_midi_transform_add(), "value": 12}
    connection = capi.midi_thru_connection_create_with_params(params)
    found = capi.midi_thru_connection_get_params(connection)
    assert found["channelMap"][:3] == [1, 1, 2]
    assert found["noteNumber"]["param"] == 12
    capi.midi_thru_connection_dispose(connection)
