"""AudioDevice and AudioDeviceManager: the sound devices of this machine and their settings."""

from __future__ import annotations

import struct

from . import _capi as capi
from .exceptions import AudioDeviceError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["AudioDevice", "AudioDeviceManager"]

SYSTEM_OBJECT = 1
GLOBAL, INPUT, OUTPUT = "glob", "inpt", "outp"
SCOPES = {"input": INPUT, "output": OUTPUT}
MAIN = 0


def _scope(scope: str) -> str:
    try:
        return SCOPES[scope.lower()]
    except (KeyError, AttributeError):
        raise AudioDeviceError(f"Invalid scope {scope!r}: use 'input' or 'output'") from None


def _set(object_id: int, selector: str, scope: str, data: bytes, what: str, element: int = MAIN) -> None:
    try:
        capi.audio_object_set_property_data(object_id, selector, scope, element, data)
    except RuntimeError as error:
        raise AudioDeviceError(f"Failed to set {what}: {error}", getattr(error, "status_code", 0)) from error


def _packed(kind: str, value: float, what: str) -> bytes:
    """A number as a property has it: TypeError for what is none (no whole one, for "=I"), ValueError out of range."""
    try:
        return struct.pack(kind, value)
    except (struct.error, OverflowError):
        numbers = (int,) if kind == "=I" else (int, float)
        wrong = ValueError if isinstance(value, numbers) else TypeError
        raise wrong(f"{what} cannot be {value!r}") from None


def _device_data(device: AudioDevice) -> bytes:
    if not isinstance(device, AudioDevice):
        raise TypeError(f"device must be an AudioDevice, not {type(device).__name__}")
    return struct.pack("=I", device.object_id)


class AudioDevice(capi.CoreAudioObject):
    """A device that plays, records, or both.

    device_id: an AudioObjectID. AudioDeviceManager finds devices. Reading a property of a device that lacks it, or is
    gone, gives "", 0 or False and raises nothing; setting one raises AudioDeviceError, TypeError for what is no number,
    and ValueError for one that no property holds.
    """

    def __init__(self, device_id: int) -> None:
        super().__init__()
        self._set_object_id(device_id)

    # ---- reading ----

    def _data(self, selector: str, scope: str = GLOBAL, element: int = MAIN) -> bytes:
        try:
            return capi.audio_object_get_property_data(self.object_id, selector, scope, element)
        except RuntimeError:
            return b""

    def _text(self, selector: str) -> str:
        try:
            return capi.audio_object_get_property_string(self.object_id, selector, GLOBAL, MAIN).decode()
        except RuntimeError:
            return ""

    def _number(self, selector: str, scope: str = GLOBAL) -> int:
        data = self._data(selector, scope)
        return int(struct.unpack("=I", data)[0]) if len(data) == 4 else 0

    def _fraction(self, selector: str, scope: str) -> float:
        data = self._data(selector, scope)
        return float(struct.unpack("=f", data)[0]) if len(data) == 4 else 0.0

    @property
    def device_id(self) -> int:
        """The AudioObjectID, as object_id."""
        return self.object_id

    @property
    def name(self) -> str:
        """What a user calls the device; "" when it is gone."""
        return self._text("lnam")

    @property
    def manufacturer(self) -> str:
        """Who made it."""
        return self._text("lmak")

    @property
    def uid(self) -> str:
        """The same text for the same device, today and tomorrow."""
        return self._text("uid ")

    @property
    def model_uid(self) -> str:
        """The same text for all devices of a kind."""
        return self._text("muid")

    @property
    def transport_type(self) -> int:
        """How it is attached: a four-character code as int, such as 'usb ', 'bltn', 'virt'; 0 when not known."""
        return self._number("tran")

    @property
    def is_alive(self) -> bool:
        """False once the device was unplugged or its server ended."""
        return bool(self._number("livn"))

    @property
    def is_hidden(self) -> bool:
        """True for devices that are not shown to users."""
        return bool(self._number("hidn"))

    @property
    def is_running(self) -> bool:
        """True while this process plays or records with it."""
        return bool(self._number("goin"))

    @property
    def sample_rate(self) -> float:
        """Nominal rate in Hz; 0.0 when not known. Set one of available_sample_rates."""
        data = self._data("nsrt")
        return float(struct.unpack("=d", data)[0]) if len(data) == 8 else 0.0

    @sample_rate.setter
    def sample_rate(self, rate: float) -> None:
        self._change("nsrt", GLOBAL, _packed("=d", rate, "sample_rate"), "the sample rate")

    @property
    def available_sample_rates(self) -> list[float]:
        """Rates in Hz that sample_rate may be set to, ascending. A range is given by its two ends."""
        ranges = struct.iter_unpack("=dd", self._data("nsr#"))
        return sorted({rate for pair in ranges for rate in pair})

    @property
    def buffer_frame_size(self) -> int:
        """Frames in one cycle of the device."""
        return self._number("fsiz")

    @buffer_frame_size.setter
    def buffer_frame_size(self, frames: int) -> None:
        self._change("fsiz", GLOBAL, _packed("=I", frames, "buffer_frame_size"), "the buffer size")

    @property
    def buffer_frame_size_range(self) -> tuple[int, int]:
        """The least and the most frames that buffer_frame_size may be; (0, 0) when not known."""
        data = self._data("fsz#")
        low, high = struct.unpack("=dd", data) if len(data) == 16 else (0, 0)
        return int(low), int(high)

    def get_latency(self, scope: str = "output") -> int:
        """Frames between the buffer and the air (or back), with the safety offset. scope: "input" or "output"."""
        where = _scope(scope)
        return self._number("ltnc", where) + self._number("saft", where)

    def get_channels(self, scope: str = "output") -> int:
        """How many channels a side has; 0 for a side that the device lacks."""
        return sum(_buffer_channels(self._data("slay", _scope(scope))))

    @property
    def input_channels(self) -> int:
        """Channels that can be recorded."""
        return self.get_channels("input")

    @property
    def output_channels(self) -> int:
        """Channels that can be played."""
        return self.get_channels("output")

    def get_stream_configuration(self, scope: str = "output") -> dict[str, int | list[int]]:
        """The buffers of one cycle: number_buffers, buffers (channels of each), channels, raw_data_length in bytes.

        scope: "input" or "output". AudioDeviceError for another scope or when the device does not answer.
        """
        where = _scope(scope)
        try:
            data = capi.audio_object_get_property_data(self.object_id, "slay", where, MAIN)
        except RuntimeError as error:
            status = getattr(error, "status_code", 0)
            raise AudioDeviceError(f"Failed to get the stream configuration: {error}", status) from error
        buffers = _buffer_channels(data)
        return {
            "raw_data_length": len(data),
            "number_buffers": len(buffers),
            "buffers": buffers,
            "channels": sum(buffers),
        }

    # ---- volume ----

    def _side(self) -> str:
        return OUTPUT if self.output_channels else INPUT

    @property
    def volume(self) -> float:
        """Main volume of the output, or of the input where there is no output: 0.0 .. 1.0; 0.0 without a control."""
        return self._fraction("volm", self._side())

    @volume.setter
    def volume(self, volume: float) -> None:
        self._change("volm", self._side(), _packed("=f", volume, "volume"), "the volume")

    @property
    def mute(self) -> bool:
        """Whether the output (else the input) is silenced."""
        return bool(self._number("mute", self._side()))

    @mute.setter
    def mute(self, mute: bool) -> None:
        self._change("mute", self._side(), struct.pack("=I", bool(mute)), "mute")

    # ---- changes ----

    def _change(self, selector: str, scope: str, data: bytes, what: str) -> None:
        _set(self.object_id, selector, scope, data, f"{what} of {self}")

    def add_listener(self, selector: str | int, callback: Callable[[int, int, int, int], object]) -> None:
        """Calls callback(object_id, selector, scope, element) after each change of a property, on another thread.

        selector: its four characters, such as "nsrt" or "livn", or "****" for all of them.
        """
        try:
            capi.audio_object_add_property_listener(self.object_id, selector, "****", 0xFFFFFFFF, callback)
        except RuntimeError as error:
            raise AudioDeviceError(str(error), getattr(error, "status_code", 0)) from error

    def remove_listener(self, selector: str | int, callback: Callable[[int, int, int, int], object]) -> None:
        """Ends what add_listener with the same arguments began; nothing happens when there is none."""
        capi.audio_object_remove_property_listener(self.object_id, selector, "****", 0xFFFFFFFF, callback)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AudioDevice) and other.object_id == self.object_id

    def __hash__(self) -> int:
        return hash(self.object_id)

    def __repr__(self) -> str:
        return f"AudioDevice(id={self.object_id}, name='{self.name or 'Unknown'}')"

    def __str__(self) -> str:
        return f"{self.name} ({self.manufacturer})"


def _buffer_channels(data: bytes) -> list[int]:
    """The channels of each buffer of an AudioBufferList: a count, padding, then 16 bytes for each buffer."""
    if len(data) < 4:
        return []
    count = struct.unpack_from("=I", data)[0]
    places = (8 + 16 * i for i in range(count))
    return [struct.unpack_from("=I", data, at)[0] for at in places if at + 16 <= len(data)]


class AudioDeviceManager:
    """Finds devices. All methods are static; nothing is raised when there is no device."""

    @staticmethod
    def get_devices() -> list[AudioDevice]:
        """All devices that are there now."""
        return [AudioDevice(device) for device in capi.audio_hardware_get_devices()]

    @staticmethod
    def get_default_output_device() -> AudioDevice | None:
        """The device that plays where none is chosen."""
        device = capi.audio_hardware_get_default_output_device()
        return AudioDevice(device) if device else None

    @staticmethod
    def get_default_input_device() -> AudioDevice | None:
        """The device that records where none is chosen."""
        device = capi.audio_hardware_get_default_input_device()
        return AudioDevice(device) if device else None

    @staticmethod
    def set_default_output_device(device: AudioDevice) -> None:
        """Makes a device the default output. AudioDeviceError when the system refuses."""
        data = _device_data(device)
        _set(SYSTEM_OBJECT, "dOut", GLOBAL, data, f"the default output to {device}")

    @staticmethod
    def set_default_input_device(device: AudioDevice) -> None:
        """Makes a device the default input. AudioDeviceError when the system refuses."""
        data = _device_data(device)
        _set(SYSTEM_OBJECT, "dIn ", GLOBAL, data, f"the default input to {device}")

    @staticmethod
    def get_output_devices() -> list[AudioDevice]:
        """The devices that can play."""
        return [d for d in AudioDeviceManager.get_devices() if d.output_channels]

    @staticmethod
    def get_input_devices() -> list[AudioDevice]:
        """The devices that can record."""
        return [d for d in AudioDeviceManager.get_devices() if d.input_channels]

    @staticmethod
    def find_device_by_name(name: str) -> AudioDevice | None:
        """The device of that name, the case of letters aside; the first of several."""
        wanted = name.casefold()
        return next((d for d in AudioDeviceManager.get_devices() if d.name.casefold() == wanted), None)

    @staticmethod
    def find_device_by_uid(uid: str) -> AudioDevice | None:
        """The device of exactly that uid."""
        return next((d for d in AudioDeviceManager.get_devices() if d.uid == uid), None)

    find_by_name = find_device_by_name
    find_by_uid = find_device_by_uid

    @staticmethod
    def add_listener(callback: Callable[[], object]) -> Callable[[], None]:
        """Calls callback() on another thread when devices come or go or a default changes.

        Returns a function that ends it.
        """

        def changed(*_: int) -> None:
            callback()

        selectors: Sequence[str] = ("dev#", "dOut", "dIn ")
        for selector in selectors:
            capi.audio_object_add_property_listener(SYSTEM_OBJECT, selector, GLOBAL, MAIN, changed)

        def end() -> None:
            for selector in selectors:
                capi.audio_object_remove_property_listener(SYSTEM_OBJECT, selector, GLOBAL, MAIN, changed)

        return end
