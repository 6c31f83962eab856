"""What `import coremusic` does, in fresh interpreters: little, quickly, without NumPy, and again."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import coremusic
from coremusic import capi

# The package alone: where it is installed, NumPy is beside it.
ALONE = tempfile.TemporaryDirectory()
ROOT = Path(ALONE.name)
(ROOT / "coremusic").symlink_to(Path(coremusic.__file__).resolve().parent)

# Slow to import, or of another package: what only some programs need is not for everyone to wait for.
HEAVY = {
    "asyncio",
    "concurrent.futures",
    "ctypes",
    "dataclasses",
    "email",
    "inspect",
    "logging",
    "multiprocessing",
    "numpy",
    "pathlib",
    "re",
    "rich",
    "scipy",
    "subprocess",
    "typing",
    "typing_extensions",
    "unittest",
    "urllib",
    "wave",
}


# All but programs and C libraries.
MODULES = [
    module.name
    for module in pkgutil.walk_packages(coremusic.__path__, "coremusic.")
    if "__main__" not in module.name and "libcoremusic" not in module.name
]


def python(code: str, *options: str) -> str:
    """What a fresh interpreter prints that has the package on its path and nothing of the user's settings."""
    prepare = f"import sys; sys.path.insert(0, {os.fspath(ROOT)!r})\n"
    command = [sys.executable, *options, "-c", prepare + code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_every_public_name_resolves() -> None:
    assert len(set(coremusic.__all__)) == len(coremusic.__all__)
    for name in coremusic.__all__:
        assert getattr(coremusic, name) is not None
        assert name in dir(coremusic)
    assert isinstance(coremusic.__version__, str)


@pytest.mark.parametrize(
    "module", ["coremusic", "coremusic.capi", "coremusic.objects", "coremusic.constants"]
)
def test_star_import(module: str) -> None:
    names: dict[str, object] = {}
    exec(f"from {module} import *", names)
    names.pop("__builtins__")
    assert names.keys() == set(importlib.import_module(module).__all__)


def test_names_that_do_not_exist() -> None:
    for module in (coremusic, capi):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            module.nothing  # noqa: B018
    with pytest.raises(ImportError):
        exec("from coremusic import nothing")


def test_nothing_heavy() -> None:
    loaded = python(
        "before = set(sys.modules)\nimport coremusic\nprint(*set(sys.modules) - before)", "-I", "-S"
    )
    assert not HEAVY & set(loaded.split())
    assert sum(name.startswith("coremusic") for name in loaded.split()) < 15


def test_importtime_names_only_our_own_modules() -> None:
    """The interpreter's own account, which also sees what was imported and dropped again."""
    command = [sys.executable, "-I", "-S", "-X", "importtime", "-c"]
    code = f"import sys; sys.path.insert(0, {os.fspath(ROOT)!r}); import coremusic"
    result = subprocess.run([*command, code], capture_output=True, text=True, timeout=60, check=True)
    names = [line.rpartition("|")[2].strip() for line in result.stderr.splitlines()]
    assert "coremusic._objects" in names
    assert not HEAVY & set(names)


def test_no_plug_in_is_loaded() -> None:
    """FFmpeg takes long to load; it is for the first file that needs it."""
    code = "import coremusic\nprint(open('/proc/self/maps').read())"
    if not Path("/proc/self/maps").exists():
        pytest.skip("needs /proc")
    maps = python(code, "-I")
    assert "libcoremusic.so" in maps
    for library in ("libav", "libcoremusic-ffmpeg", "libpulse", "libasound", "libjack"):
        assert library not in maps


def test_nothing_is_changed_outside() -> None:
    code = """
import logging, os, signal, threading
before = dict(os.environ), list(sys.path), signal.getsignal(signal.SIGINT), sys.excepthook, sys.unraisablehook
import coremusic, coremusic.log
after = dict(os.environ), list(sys.path), signal.getsignal(signal.SIGINT), sys.excepthook, sys.unraisablehook
assert before == after
assert not logging.getLogger().handlers and logging.getLogger().level == logging.WARNING
assert threading.active_count() == 1
"""
    python(code, "-I")


@pytest.mark.parametrize("value", ["1", "no", "nonsense", ""])
def test_environment_variables_do_not_matter(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", value)
    monkeypatch.setenv("COLOR", value)
    code = "import coremusic, logging\nassert not logging.getLogger().handlers"
    python(code)


# Without NumPy: -S leaves out site-packages.


def test_without_numpy() -> None:
    code = """
import coremusic as cm, wave
assert cm.NUMPY_AVAILABLE is False
for name in cm.__all__:
    getattr(cm, name)
for name in cm.capi.__all__:
    getattr(cm.capi, name)
import coremusic.audio, coremusic.utils, coremusic.log, coremusic.cli
import coremusic.audio.buffer_pool, coremusic.audio.mmap_file, coremusic.audio.utilities
assert "numpy" not in sys.modules
"""
    python(code, "-I", "-S")


def test_files_without_numpy(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    code = f"""
import array, wave
import coremusic as cm
from coremusic import capi
sound = array.array("h", range(2000)).tobytes()
with wave.open({os.fspath(path)!r}, "wb") as file:
    file.setparams((2, 2, 44100, 0, "NONE", ""))
    file.writeframes(sound)
with cm.AudioFile({os.fspath(path)!r}) as file:
    assert file.read_packets(0, 1000) == (sound, 1000)
    try:
        file.read_as_numpy()
    except ImportError as error:
        print(error)
file = capi.audio_file_open_url({os.fspath(path)!r})
assert capi.audio_file_read_packets(file, 0, 1000) == (sound, 1000)
capi.audio_file_close(file)
left = memoryview(array.array("f", [0.5, -1.0])).cast("B").cast("f", [2, 1])
assert capi.calculate_peak_float32(left) == 1.0
try:
    cm.AudioFormat.pcm().to_numpy_dtype()
except ImportError as error:
    print(error)
"""
    lines = python(code, "-I", "-S").splitlines()
    assert len(lines) == 2
    assert all(line.startswith("NumPy is required") for line in lines)


def test_numpy_is_loaded_when_an_array_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    path = tmp_path / "a.wav"
    code = f"""
import wave
import coremusic as cm
with wave.open({os.fspath(path)!r}, "wb") as file:
    file.setparams((2, 2, 44100, 0, "NONE", ""))
    file.writeframes(bytes(400))
with cm.AudioFile({os.fspath(path)!r}) as file:
    file.read_packets(0, 10)
    assert "numpy" not in sys.modules
    assert file.read_as_numpy().shape == (100, 2)
assert "numpy" in sys.modules
"""
    python(code, "-I")


# Again.


def test_reload() -> None:
    code = """
import importlib, coremusic
from coremusic import capi, _capi
kept = coremusic.AudioFile, capi.CoreAudioObject, set(capi.__all__), set(coremusic.__all__)
handle = capi.audio_converter_new({}, {})
for module in (_capi, capi, coremusic.objects, coremusic):
    assert importlib.reload(module) is module
assert kept == (coremusic.AudioFile, capi.CoreAudioObject, set(capi.__all__), set(coremusic.__all__))
assert issubclass(coremusic.AudioFile, capi.CoreAudioObject)
capi.audio_converter_dispose(handle)
"""
    python(code)


def test_import_again_from_nothing() -> None:
    """New classes, the same engine: a handle of the first import is one of the second."""
    code = """
import coremusic
first, handle = coremusic, coremusic.capi.audio_converter_new({}, {})
for name in [name for name in sys.modules if name.partition(".")[0] == "coremusic"]:
    del sys.modules[name]
import coremusic
assert coremusic is not first
assert coremusic.AudioFile is not first.AudioFile
assert issubclass(coremusic.AudioFile, coremusic.CoreAudioObject)
coremusic.capi.audio_converter_dispose(handle)
try:
    first.capi.audio_converter_dispose(handle)
except RuntimeError as error:
    print(error.status_code)
"""
    assert python(code) == "-50\n"


def test_another_interpreter() -> None:
    """Works in one that shares the GIL; one with its own is refused with an ImportError."""
    code = """
import coremusic
try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters
script = f'''
import sys
sys.path.insert(0, {sys.path[0]!r})
try:
    from coremusic import capi
    capi.audio_converter_dispose(capi.audio_converter_new({{}}, {{}}))
except ImportError as error:
    assert "coremusic._capi" in str(error), error
'''
for _ in range(3):
    name = interpreters.create()
    failure = interpreters.run_string(name, script)
    assert failure is None, failure
    interpreters.destroy(name)
coremusic.capi.audio_converter_dispose(coremusic.capi.audio_converter_new({}, {}))
"""
    python(code, "-W", "ignore")


def test_at_exit_with_everything_open(tmp_path: Path) -> None:
    """Handles that a program forgets do not keep it from ending."""
    path = os.fspath(tmp_path / "a.wav")
    code = f"""
from coremusic import capi, AudioFile, AudioConverter, AudioFormat
writing = capi.extended_audio_file_create_with_url({path!r}, "WAVE", {{}})
capi.extended_audio_file_write(writing, 10, bytes(40))
capi.audio_converter_new({{}}, {{"sample_rate": 48000}})
capi.audio_file_stream_open()
kept = AudioConverter(AudioFormat.pcm(), AudioFormat.pcm(48000))
print("end")
"""
    assert python(code) == "end\n"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports_alone(name: str) -> None:
    python(f"import {name}", "-I")
