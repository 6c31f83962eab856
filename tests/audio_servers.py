"""Private sound servers for the tests: PulseAudio, PipeWire with its pulse server, JACK.

Each lives in a folder with a home and a run-time folder of its own, so that nothing of the user's is heard, seen
or changed, and dies with the test however that ends. Use the fixtures, by importing them into a test module:

    from audio_servers import pulse  # noqa: F401

    def test_it(pulse):
        with pulse.active():  # this process, or: subprocess.run(..., env=pulse.environment())
            ...

or the context managers ``pulse_server``, ``pipewire_server`` and ``jack_server`` where a test wants other devices.
A fixture skips its test, and says which package is missing, where a server is not installed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PACKAGES = {
    "setpriv": "util-linux",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "pipewire": "pipewire",
    "pipewire-pulse": "pipewire-pulse",
    "wireplumber": "wireplumber",
    "dbus-daemon": "dbus-daemon",
    "jackd": "jackd2",
    "jack_lsp": "jackd2",
}
PATIENCE = 10.0  # seconds that a server has to come up; it takes a fraction of one


class ServerFailed(RuntimeError):
    """A server did not come up, or ended."""


def missing(*programs: str) -> str:
    """What to install, or "" when every program is there."""
    packages = sorted({PACKAGES[p] for p in programs if not shutil.which(p)})
    return f"apt install {' '.join(packages)}" if packages else ""


def wait_until(
    condition: Callable[[], Any], what: str = "", seconds: float = PATIENCE, step: float = 0.01
) -> Any:
    """The condition's first true value; ServerFailed when it has none in time."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise ServerFailed(f"waited {seconds} s for {what or condition}")
        time.sleep(step)
    return value


def answers(path: Path) -> bool:
    """True when something listens at a Unix socket."""
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.connect(str(path))
        except OSError:
            return False
    return True


class Server(ABC):
    """A running server: ``variables`` point a client at it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="coremusic-server-"))
        self.home, self.run_folder = self.folder / "home", self.folder / "run"
        self.processes: list[subprocess.Popen[bytes]] = []
        for folder in (self.home, self.run_folder):
            folder.mkdir(mode=0o700)
        self.variables = {
            "HOME": str(self.home),
            **{f"XDG_{kind}_HOME": str(self.home) for kind in ("CONFIG", "STATE", "CACHE", "DATA")},
            "XDG_RUNTIME_DIR": str(self.run_folder),
            "PULSE_SERVER": "unix:/nonexistent",
            "JACK_DEFAULT_SERVER": "none",
            "JACK_NO_START_SERVER": "1",
        }

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a process that uses this server."""
        return {**os.environ, **self.variables, **more}

    @contextmanager
    def active(self, **more: str) -> Iterator[None]:
        """Points this process at the server, for code that reads the environment when it connects."""
        wanted = {**self.variables, **more}
        before = {name: os.environ.get(name) for name in wanted}
        os.environ.update(wanted)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value

    def run(self, *command: str, timeout: float = 10.0) -> str:
        """What a program prints that runs as a client of this server; CalledProcessError when it fails."""
        done = subprocess.run(
            command, env=self._of_others(), timeout=timeout, check=True, capture_output=True, text=True
        )
        return done.stdout

    def _of_others(self, **more: str) -> dict[str, str]:
        """The variables of a program that is not ours: a sanitizer that is loaded into this one is not for it."""
        found = self.environment(**more)
        found.pop("LD_PRELOAD", None)
        return found

    @abstractmethod
    def launch(self) -> None:
        """Starts it, as it was at first; also after ``kill``."""

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        # setpriv becomes the command: the server dies with the thread that started it, even if that is killed.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command],
            env=self._of_others(LC_ALL="C"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log.txt").open("ab"),
        )
        self.processes.append(process)
        return process

    def log(self) -> str:
        """What the server wrote to its standard error."""
        path = self.folder / "log.txt"
        return path.read_text(errors="replace") if path.exists() else ""

    def signal(self, number: int) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    def kill(self) -> None:
        """As a crash would end it."""
        self.signal(signal.SIGKILL)
        for process in self.processes:
            process.wait(PATIENCE)
        self.processes.clear()

    def quit(self) -> None:
        """As its user would end it, so that it leaves nothing behind; killed if it does not."""
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)
        self.kill()

    def pause(self) -> None:
        """Stops it in its tracks, as a machine that hangs would."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def close(self) -> None:
        self.quit()
        shutil.rmtree(self.folder, ignore_errors=True)


class Recording:
    """What an independent program hears, as Float32 frames."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path, channels: int) -> None:
        self.process, self.path, self.channels = process, path, channels

    def frames(self) -> Any:
        """An array (frames, channels) of what was heard so far."""
        data = np.fromfile(self.path, dtype="<f4")
        whole = len(data) // self.channels * self.channels
        return data[:whole].reshape(-1, self.channels)

    def stop(self) -> Any:
        """Ends the recording: its frames."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        return self.frames()


class PulseServer(Server):
    """PulseAudio with null sinks; ``out`` is the first and the default."""

    def __init__(self, sinks: dict[str, str]) -> None:
        super().__init__()
        self.socket = self.folder / "socket"
        self.variables["PULSE_SERVER"] = f"unix:{self.socket}"
        lines = [
            f"load-module module-null-sink sink_name={name} {arguments}" for name, arguments in sinks.items()
        ]
        # The way in is loaded last: who can connect finds everything.
        lines.append(f"load-module module-native-protocol-unix auth-anonymous=1 socket={self.socket}")
        (self.folder / "script.pa").write_text("\n".join(lines) + "\n")
        self.launch()

    def launch(self) -> None:
        self.socket.unlink(missing_ok=True)
        script = str(self.folder / "script.pa")
        server = self.spawn(
            *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "-F", script)
        )
        wait_until(lambda: answers(self.socket) or server.poll() is not None, "pulseaudio")
        if server.poll() is not None:
            raise ServerFailed(self.log())

    def pactl(self, *arguments: str) -> str:
        return self.run("pactl", *arguments)

    def load_sink(self, name: str, arguments: str = "rate=48000 channels=2") -> int:
        """A further null sink; the module's number, for ``pactl("unload-module", ...)``."""
        return int(self.pactl("load-module", "module-null-sink", f"sink_name={name}", *arguments.split()))

    @contextmanager
    def record(
        self, source: str = "out.monitor", rate: int = 48000, channels: int = 2, latency_ms: int = 20
    ) -> Iterator[Recording]:
        """Records a source with parec; what was heard is in the Recording during and after the block."""
        path = self.folder / f"record-{time.monotonic_ns()}.f32"
        command = ["parec", "--raw", "--format=float32le", f"--device={source}", f"--rate={rate}"]
        command += [f"--channels={channels}", f"--latency-msec={latency_ms}"]
        with path.open("wb") as file:
            process = subprocess.Popen(command, env=self._of_others(), stdout=file)
        recording = Recording(process, path, channels)
        try:
            wait_until(lambda: path.stat().st_size or process.poll() is not None, "parec")
            yield recording
        finally:
            recording.stop()


class PipeWireServer(PulseServer):
    """PipeWire, WirePlumber and pipewire-pulse on a bus of their own, with null sinks."""

    def __init__(self, sinks: dict[str, str]) -> None:
        Server.__init__(self)
        self.sinks = sinks
        self.socket = self.run_folder / "pulse" / "native"
        self.variables["PULSE_SERVER"] = f"unix:{self.socket}"
        self.variables["PIPEWIRE_RUNTIME_DIR"] = str(self.run_folder)
        self.variables["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self.run_folder / 'bus'}"
        self.launch()

    def default_sink(self) -> str:
        with suppress(subprocess.CalledProcessError):
            return self.pactl("get-default-sink").strip()
        return ""

    def launch(self) -> None:
        bus, core = self.run_folder / "bus", self.run_folder / "pipewire-0"
        for path in (bus, core, self.socket):
            path.unlink(missing_ok=True)
        self.spawn("dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={bus}")
        wait_until(lambda: answers(bus), "dbus-daemon")
        self.spawn("pipewire")
        wait_until(lambda: answers(core), "pipewire")
        self.spawn("wireplumber")
        self.spawn("pipewire-pulse")
        wait_until(lambda: answers(self.socket), "pipewire-pulse")
        # WirePlumber is up when it has made the sink that stands in where there is none.
        wait_until(lambda: self.default_sink() == "auto_null", "wireplumber")
        for name, arguments in self.sinks.items():
            self.load_sink(name, arguments)
        first = next(iter(self.sinks), "auto_null")
        wait_until(lambda: self.default_sink() == first, f"the sink {first}")


class JackServer(Server):
    """jackd with its dummy driver, under a name of its own."""

    def __init__(self, rate: int, period: int, channels: int, waits: bool) -> None:
        super().__init__()
        self.rate, self.period, self.channels, self.waits = rate, period, channels, waits
        self.name, self.lock = self.take_name()
        self.variables["JACK_DEFAULT_SERVER"] = self.name
        self.launch()

    @staticmethod
    def take_name() -> tuple[str, int]:
        # JACK remembers eight servers in all, those that were killed with them, until their names are used again:
        # so there are few names, each with one user at a time.
        for name in (f"coremusic-test-{i}" for i in range(6)):
            lock = os.open(f"/tmp/{name}.lock", os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
            else:
                return name, lock
        raise RuntimeError("six private JACK servers are running already")

    def close(self) -> None:
        super().close()
        os.close(self.lock)

    def ready(self) -> bool:
        with suppress(subprocess.CalledProcessError):
            return "system:playback_1" in self.run("jack_lsp")
        return False

    def launch(self) -> None:
        options = {"-r": self.rate, "-p": self.period, "-C": self.channels, "-P": self.channels}
        words = [word for option, value in options.items() for word in (option, str(value))]
        mode = "-rS" if self.waits else "-r"
        self.spawn("jackd", "-n", self.name, mode, "-d", "dummy", *words)
        wait_until(self.ready, "jackd", step=0.02)


@contextmanager
def _open(make: Callable[[], Any], programs: tuple[str, ...]) -> Iterator[Any]:
    advice = missing("setpriv", *programs)
    if advice:
        pytest.skip(advice)
    server = make()
    try:
        yield server
    finally:
        server.close()


LOSSLESS = "rate=48000 channels=2 format=float32le norewinds=1"


@contextmanager
def pulse_server(sinks: dict[str, str] | None = None) -> Iterator[PulseServer]:
    """A PulseAudio with null sinks (name -> arguments; ``out``, 48 kHz stereo, unless told otherwise).

    What is played to a sink comes out of ``<sink>.monitor`` bit for bit where rate and format (float32le) agree.
    """
    programs = ("pulseaudio", "pactl", "parec")
    with _open(lambda: PulseServer({"out": LOSSLESS} if sinks is None else sinks), programs) as server:
        yield server


@contextmanager
def pipewire_server(sinks: dict[str, str] | None = None) -> Iterator[PipeWireServer]:
    """A PipeWire with its pulse server and null sinks, as pulse_server."""
    programs = ("pipewire", "wireplumber", "pipewire-pulse", "dbus-daemon", "pactl", "parec")
    default = {"out": "rate=48000 channels=2"}
    with _open(lambda: PipeWireServer(default if sinks is None else sinks), programs) as server:
        yield server


@contextmanager
def jack_server(
    rate: int = 48000, period: int = 128, channels: int = 2, waits: bool = False
) -> Iterator[JackServer]:
    """A jackd on the dummy driver with as many playback as capture ports.

    One that ``waits`` for its clients loses nothing of what they say when the machine is busy.
    """
    with _open(lambda: JackServer(rate, period, channels, waits), ("jackd", "jack_lsp")) as server:
        yield server


@pytest.fixture
def pulse() -> Iterator[PulseServer]:
    """A private PulseAudio with one null sink, ``out``: 48 kHz, stereo, lossless through ``out.monitor``."""
    with pulse_server() as server:
        yield server


@pytest.fixture
def pipewire() -> Iterator[PipeWireServer]:
    """A private PipeWire with one null sink, ``out``, reached through its pulse server."""
    with pipewire_server() as server:
        yield server


@pytest.fixture
def jack() -> Iterator[JackServer]:
    """A private jackd: 48 kHz, 128 frames a period, two channels each way."""
    with jack_server() as server:
        yield server


@pytest.fixture
def patient_jack() -> Iterator[JackServer]:
    """As ``jack``, but it waits for its clients, so that no message gets lost."""
    with jack_server(waits=True) as server:
        yield server
