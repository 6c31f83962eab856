"""Names, parameters and defaults of the object layer and of the modules beside it, as published programs use them.

A line says what has to be there: `Class(parameters)`, `Class.method(parameters)`, `function(parameters)` or
`Class.property`. More parameters may follow, if they are optional.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest

CONTRACT = {
    "coremusic": """
CoreAudioError(message, status_code=0)
CoreAudioError.from_os_status(status, operation='')
CoreAudioObject()
CoreAudioObject.object_id
CoreAudioObject.is_disposed
CoreAudioObject.dispose()
CoreAudioObject._set_object_id(_)
CoreAudioObject._ensure_not_disposed()
AudioFormat(sample_rate, format_id, format_flags=0, bytes_per_packet=0, frames_per_packet=0, bytes_per_frame=0, \
channels_per_frame=2, bits_per_channel=16)
AudioFormat.is_pcm
AudioFormat.is_stereo
AudioFormat.is_mono
AudioFormat.is_float
AudioFormat.is_integer
AudioFormat.is_signed
AudioFormat.is_interleaved
AudioFormat.to_dict()
AudioFormat.from_dict(_)
AudioFormat.to_numpy_dtype()
AudioFormat.pcm_16bit_stereo(sample_rate=44100.0)
AudioFormat.pcm_24bit_stereo(sample_rate=44100.0)
AudioFormat.pcm_32bit_float_stereo(sample_rate=44100.0)
AudioFile(path, mode='r')
AudioFile.open()
AudioFile.close()
AudioFile.format
AudioFile.read_packets(start_packet, packet_count)
AudioFile.read_as_numpy(start_packet=0, packet_count=None)
AudioFile.get_property(property_id)
AudioFile.duration
AudioFile.dispose()
AudioFile.path
AudioFile.sample_rate
AudioFile.num_channels
AudioFile.frame_count
AudioFile.packet_count
AudioFile.read_frames(start=0, count=None)
AudioFile.read_frames_numpy(start=0, count=None, dtype=None)
AudioFileStream(file_type_hint=0)
AudioFileStream.open()
AudioFileStream.close()
AudioFileStream.dispose()
AudioFileStream.ready_to_produce_packets
AudioFileStream.parse_bytes(data)
AudioFileStream.seek(packet_offset)
AudioFileStream.get_property(property_id)
AudioFileStream.format
AudioFileStream.is_ready
AudioConverter(source_format, dest_format)
AudioConverter.source_format
AudioConverter.dest_format
AudioConverter.convert(audio_data)
AudioConverter.convert_with_callback(input_data, input_packet_count, output_packet_count=None)
AudioConverter.get_property(property_id)
AudioConverter.set_property(property_id, data)
AudioConverter.reset()
AudioConverter.dispose()
AudioConverter.convert_numpy(_)
AudioConverter.set_quality(_)
AudioConverter.open()
AudioConverter.close()
ExtendedAudioFile(path)
ExtendedAudioFile.create(path, file_type, format)
ExtendedAudioFile.open()
ExtendedAudioFile.close()
ExtendedAudioFile.dispose()
ExtendedAudioFile.file_format
ExtendedAudioFile.client_format
ExtendedAudioFile.read(num_frames)
ExtendedAudioFile.write(num_frames, audio_data)
ExtendedAudioFile.path
ExtendedAudioFile.frame_count
ExtendedAudioFile.read_frames(_)
ExtendedAudioFile.write_frames(_, _)
ExtendedAudioFile.seek(_)
AudioBuffer(queue_id, buffer_size)
AudioBuffer.buffer_size
AudioBuffer.capacity
AudioBuffer.data
AudioBuffer.data_size
AudioQueue(audio_format, is_input=False)
AudioQueue.new_output(audio_format)
AudioQueue.allocate_buffer(buffer_size)
AudioQueue.enqueue_buffer(buffer)
AudioQueue.start()
AudioQueue.stop(immediate=True)
AudioQueue.dispose(immediate=True)
AudioQueue.pause()
AudioQueue.flush()
AudioQueue.reset()
AudioQueue.open()
AudioQueue.close()
AudioQueue.format
AudioQueue._format
AudioQueue.is_input
AudioQueue.is_running
AudioComponentDescription(type, subtype, manufacturer, flags=0, flags_mask=0)
AudioComponentDescription.to_dict()
AudioComponentDescription.from_dict(_)
AudioComponentDescription.default_output()
AudioComponentDescription.music_device()
AudioComponentDescription.component_type
AudioComponentDescription.component_subtype
AudioComponentDescription.component_manufacturer
AudioComponentDescription.component_flags
AudioComponentDescription.component_flags_mask
AudioComponent(description)
AudioComponent.find_next(description)
AudioComponent.create_instance()
AudioComponent.name
AudioComponent.description
AudioComponent.find(_)
AudioComponent.find_all(_)
AudioUnit(description=None)
AudioUnit.default_output()
AudioUnit.initialize()
AudioUnit.uninitialize()
AudioUnit.is_initialized
AudioUnit.is_running
AudioUnit.start()
AudioUnit.stop()
AudioUnit.get_property(property_id, scope, element)
AudioUnit.set_property(property_id, scope, element, data)
AudioUnit.get_stream_format(scope='output', element=0)
AudioUnit.set_stream_format(format, scope='output', element=0)
AudioUnit.sample_rate
AudioUnit.latency
AudioUnit.cpu_load
AudioUnit.max_frames_per_slice
AudioUnit.get_parameter_list(scope='global')
AudioUnit.render(num_frames, timestamp=None)
AudioUnit.dispose()
AudioUnit.open()
AudioUnit.close()
AudioUnit.get_sample_rate()
AudioUnit.set_sample_rate(_)
AudioUnit.get_maximum_frames_per_slice()
AudioUnit.set_maximum_frames_per_slice(_)
MIDIPort(name)
MIDIPort.name
MIDIPort.is_input
MIDIPort.dispose()
MIDIInputPort.connect_source(source)
MIDIInputPort.disconnect_source(source)
MIDIOutputPort.send_data(destination, data, timestamp=0)
MIDIOutputPort.send(destination, data)
MIDIClient(name)
MIDIClient.name
MIDIClient.create_input_port(name)
MIDIClient.create_output_port(name)
MIDIClient.create_virtual_destination(name)
MIDIClient.dispose()
MIDIClient.get_sources()
MIDIClient.get_destinations()
MIDIClient.open()
MIDIClient.close()
AudioDevice(device_id)
AudioDevice.name
AudioDevice.manufacturer
AudioDevice.uid
AudioDevice.model_uid
AudioDevice.transport_type
AudioDevice.sample_rate
AudioDevice.is_alive
AudioDevice.is_hidden
AudioDevice.get_stream_configuration(scope='output')
AudioDevice.device_id
AudioDevice.available_sample_rates
AudioDeviceManager.get_devices()
AudioDeviceManager.get_default_output_device()
AudioDeviceManager.get_default_input_device()
AudioDeviceManager.get_output_devices()
AudioDeviceManager.get_input_devices()
AudioDeviceManager.find_device_by_name(name)
AudioDeviceManager.find_device_by_uid(uid)
AudioDeviceManager.find_by_name(_)
AudioDeviceManager.find_by_uid(_)
AudioPlayer(link_session=None)
AudioPlayer.load_file(file_path)
AudioPlayer.setup_output()
AudioPlayer.start()
AudioPlayer.play()
AudioPlayer.stop()
AudioPlayer.set_looping(loop)
AudioPlayer.reset_playback()
AudioPlayer.is_playing()
AudioPlayer.get_progress()
AudioPlayer.link_session
AudioPlayer.get_link_timing(quantum=4.0)
format_os_status_error(status, operation='')
check_os_status(operation='', exception_class=Exception)
check_return_status(operation='', exception_class=Exception, status_index=0)
raises_on_error(operation='', exception_class=Exception)
handle_exceptions(operation='', reraise_as=None)
fourchar_to_int(code)
int_to_fourchar(n)
""",
    "coremusic.os_status": """
os_status_to_string(status)
get_error_suggestion(status)
get_error_info(status)
""",
    "coremusic.audio.async_io": """
AsyncAudioFile(path)
AsyncAudioFile.open_async()
AsyncAudioFile.close_async()
AsyncAudioFile.format
AsyncAudioFile.duration
AsyncAudioFile.path
AsyncAudioFile.read_packets_async(start_packet, packet_count)
AsyncAudioFile.read_chunks_async(chunk_size=4096, start_packet=0, total_packets=None)
AsyncAudioFile.read_as_numpy_async(start_packet=0, packet_count=None)
AsyncAudioFile.read_chunks_numpy_async(chunk_size=4096, start_packet=0, total_packets=None)
AsyncAudioQueue(audio_queue)
AsyncAudioQueue.new_output_async(audio_format)
AsyncAudioQueue.allocate_buffer_async(buffer_size)
AsyncAudioQueue.enqueue_buffer_async(buffer)
AsyncAudioQueue.start_async()
AsyncAudioQueue.stop_async(immediate=True)
AsyncAudioQueue.dispose_async(immediate=True)
AsyncAudioQueue.format
open_audio_file_async(path)
create_output_queue_async(audio_format)
""",
    "coremusic.audio.buffer_pool": """
BufferPool(max_buffers_per_size=16)
BufferPool.acquire(size)
BufferPool.release(buffer)
BufferPool.clear()
BufferPool.clear_size(size)
BufferPool.total_allocated
BufferPool.cache_hits
BufferPool.cache_misses
BufferPool.hit_rate
BufferPool.stats
get_global_pool()
reset_global_pool()
PooledBuffer(size, pool=None)
BufferPoolStats()
BufferPoolStats.track_acquisition(size)
BufferPoolStats.track_release(size)
BufferPoolStats.summary()
BufferPoolStats.reset()
BufferPoolStats.acquisitions
BufferPoolStats.releases
BufferPoolStats.outstanding
AudioBufferPool(max_memory_mb=100)
AudioBufferPool.get_buffer(size, channels=1)
AudioBufferPool.return_buffer(buffer)
AudioBufferPool.current_size_mb
AudioBufferPool.num_active
AudioBufferPool.max_memory_mb
AudioBufferPool.clear()
""",
    "coremusic.audio.mmap_file": """
MMapAudioFile(path)
MMapAudioFile.open()
MMapAudioFile.close()
MMapAudioFile.format
MMapAudioFile.frame_count
MMapAudioFile.duration
MMapAudioFile.sample_rate
MMapAudioFile.channels
MMapAudioFile.read_frames(start_frame=None, num_frames=None)
MMapAudioFile.read_as_numpy(start_frame=0, num_frames=None)
MMapAudioFile.iter_chunks(chunk_size=8192)
""",
    "coremusic.audio.streaming": """
AudioInputStream(device=None, channels=2, sample_rate=44100.0, buffer_size=512)
AudioInputStream.add_callback(callback)
AudioInputStream.remove_callback(callback)
AudioInputStream.start()
AudioInputStream.stop()
AudioInputStream.is_active
AudioInputStream.latency
AudioOutputStream(device=None, channels=2, sample_rate=44100.0, buffer_size=512)
AudioOutputStream.set_generator(generator)
AudioOutputStream.start()
AudioOutputStream.stop()
AudioOutputStream.is_active
AudioOutputStream.latency
AudioProcessor(process_func, channels=2, sample_rate=44100.0, buffer_size=512, input_device=None, output_device=None)
AudioProcessor.start()
AudioProcessor.stop()
AudioProcessor.is_active
AudioProcessor.latency
StreamNode(name, processor)
StreamNode.process(input_data)
StreamGraph(sample_rate=44100.0, buffer_size=512)
StreamGraph.add_node(name, processor)
StreamGraph.connect(source, destination)
StreamGraph.start()
StreamGraph.stop()
StreamGraph.is_active
StreamGraph.latency
create_loopback(channels=2, sample_rate=44100.0, buffer_size=512)
""",
    "coremusic.audio": """
parse_audio_stream_basic_description(format_data)
batch_convert(input_pattern, output_format, output_dir=None, output_extension='wav', overwrite=False, \
progress_callback=None)
convert_audio_file(input_path, output_path, output_format)
trim_audio(input_path, output_path, start_time=0.0, end_time=None)
AudioFormatPresets.wav_44100_stereo()
AudioFormatPresets.wav_44100_mono()
AudioFormatPresets.wav_48000_stereo()
AudioFormatPresets.wav_96000_stereo()
""",
    "coremusic.midi.utilities": """
MIDIEvent(time, status, channel, data1, data2=0)
MIDIEvent.is_note_on
MIDIEvent.is_note_off
MIDIEvent.is_control_change
MIDIEvent.is_program_change
MIDIEvent.to_bytes()
MIDIEvent.from_bytes(data, time=0.0)
MIDITrack(name='')
MIDITrack.add_note(time, note, velocity, duration, channel=None)
MIDITrack.add_control_change(time, controller, value, channel=None)
MIDITrack.add_program_change(time, program, channel=None)
MIDITrack.add_pitch_bend(time, value, channel=None)
MIDITrack.duration
MIDITrack.clear()
MIDISequence(tempo=120.0, time_signature=(4, 4))
MIDISequence.add_track(name='')
MIDISequence.duration
MIDISequence.save(filename, format=<MIDIFileFormat.MULTI_TRACK: 1>)
MIDISequence.load(filename)
Route(source, destination)
MIDIRouter()
MIDIRouter.add_route(source, destination, channel_map=None, transform=None, filter_func=None)
MIDIRouter.add_transform(name, func)
MIDIRouter.remove_route(source, destination)
MIDIRouter.process_event(source, event)
MIDIRouter.clear()
transpose_transform(semitones)
velocity_scale_transform(factor)
velocity_curve_transform(curve)
channel_remap_transform(channel_map)
quantize_transform(grid)
""",
    "coremusic.buffer_utils": """
AudioStreamBasicDescription(sample_rate, format_id, format_flags, bytes_per_packet, frames_per_packet, \
bytes_per_frame, channels_per_frame, bits_per_channel)
AudioStreamBasicDescription.is_pcm
AudioStreamBasicDescription.is_float
AudioStreamBasicDescription.is_big_endian
AudioStreamBasicDescription.is_signed_integer
AudioStreamBasicDescription.is_packed
AudioStreamBasicDescription.is_non_interleaved
AudioStreamBasicDescription.is_interleaved
AudioStreamBasicDescription.duration_for_frames(_)
AudioStreamBasicDescription.bytes_for_frames(num_frames)
AudioStreamBasicDescription.frames_for_bytes(num_bytes)
AudioStreamBasicDescription.to_dict()
AudioStreamBasicDescription.from_dict(data)
AudioStreamBasicDescription.pcm_float32_stereo(sample_rate=44100.0)
AudioStreamBasicDescription.pcm_int16_stereo(sample_rate=44100.0)
fourcc_to_int(fourcc)
int_to_fourcc(value)
pack_audio_buffer(data, format, num_frames)
unpack_audio_buffer(data, format)
convert_buffer_format(data, from_format, to_format)
calculate_buffer_size(duration_seconds, format)
optimal_buffer_size(format, latency_ms=10.0)
""",
    "coremusic.log": """
getenv(key, default=False)
config(name)
CustomFormatter()
""",
    "coremusic.utils.batch": """
BatchOptions(max_workers=None)
BatchProgress(total)
BatchProgress.percent
BatchProgress.items_per_second
BatchProgress.estimated_remaining
ItemResult(item)
BatchResult()
BatchResult.success_rate
BatchResult.successful_results
BatchResult.failed_items
BatchResult.errors
batch_process_parallel(items, func, max_workers=None, progress_callback=None, options=None)
batch_process_files(file_paths, func, pattern=None, max_workers=None, progress_callback=None)
""",
    "coremusic.utils.fourcc": """
ensure_fourcc_int(value)
ensure_fourcc_str(value)
fourcc_to_int(fourcc_str)
fourcc_to_str(fourcc_int)
convert_fourcc(value, to_type)
FourCCValue(value)
FourCCValue.str_value
FourCCValue.int_value
""",
}

LINES = [
    (module, line)
    for module, text in CONTRACT.items()
    for line in text.replace("\\\n", "").strip().splitlines()
]


def compatible(expected: str, function: Any, bound: bool) -> str:
    """What is wrong with a function's parameters, '' when nothing is. `_`: whatever the parameter is called."""
    wanted = [part for part in _split(expected) if part]
    given = list(inspect.signature(function).parameters.values())
    if bound and given and given[0].name in ("self", "cls"):
        given = given[1:]
    for position, part in enumerate(wanted):
        name, _, default = part.partition("=")
        if position >= len(given):
            return f"{name} is missing"
        parameter = given[position]
        if name not in ("_", parameter.name):
            return f"{parameter.name} is where {name} should be"
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY):
            return f"{name} cannot be given by position"
        if name != "_" and parameter.kind is parameter.POSITIONAL_ONLY:
            return f"{name} cannot be given by name"
        found = "" if parameter.default is parameter.empty else _show(parameter.default)
        if default and found != default:
            return f"{name}={found} instead of {default}"
    for parameter in given[len(wanted) :]:
        required = parameter.default is parameter.empty
        if required and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return f"{parameter.name} is required and new"
    return ""


def _show(default: Any) -> str:
    return default.__name__ if isinstance(default, type) else repr(default)


def _split(text: str) -> list[str]:
    """At the commas outside of brackets."""
    parts, depth, last = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([<") - (letter in ")]>")
        if letter == "," and depth == 0:
            parts.append(text[last:at].strip())
            last = at + 1
    return [*parts, text[last:].strip()]


@pytest.mark.parametrize(("module", "line"), LINES, ids=[f"{m}.{line.split('(')[0]}" for m, line in LINES])
def test_name_and_parameters(module: str, line: str) -> None:
    path, bracket, parameters = line.partition("(")
    thing: Any = importlib.import_module(module)
    names = path.split(".")
    owner = thing
    for name in names:
        owner = thing
        thing = inspect.getattr_static(thing, name) if inspect.isclass(thing) else getattr(thing, name)
    if not bracket:
        assert not inspect.isroutine(thing), f"{path} is a method"
        return
    if isinstance(thing, (staticmethod, classmethod)) or inspect.isclass(owner):
        static = isinstance(thing, staticmethod)
        thing = getattr(owner, names[-1])
        assert compatible(parameters[:-1], thing, not static and not inspect.ismethod(thing)) == ""
    else:
        assert compatible(parameters[:-1], thing, False) == ""
