"""Programs in C and C++ that know Core Audio and nothing of us: each header alone, and the examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from audio_servers import patient_jack  # noqa: F401

import coremusic as cm

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="on macOS the headers are Apple's")

EXAMPLES = Path(__file__).parent.parent / "examples/c"
# As strict as a user may be: no warning comes from our headers.
STRICT = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-multichar"]
DIALECTS = {
    "C99": ["gcc", "-xc", "-std=c99"],
    "C11": ["gcc", "-xc", "-std=c11"],
    "C++11": ["g++", "-xc++", "-std=c++11"],
    "C++20": ["g++", "-xc++", "-std=c++20"],
    "C11 with blocks": ["clang", "-xc", "-std=c11", "-fblocks"],
    "C++17 with blocks": ["clang++", "-xc++", "-std=c++17", "-fblocks"],
}


def run(*command: str | Path, cwd: Path, text: str | None = None) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, text=True, input=text, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(name: str, folder: Path, *flags: str, compiler: str = "cc") -> Path:
    library = Path(cm.get_library())
    link = [f"-L{library.parent}", f"-Wl,-rpath,{library.parent}", "-lcoremusic", "-lm"]
    paths = ["-isystem", cm.get_include()]
    standard = "-std=gnu11"
    run(compiler, standard, *STRICT, *paths, *flags, EXAMPLES / f"{name}.c", "-o", name, *link, cwd=folder)
    return folder / name


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    sound = 0.3 * np.random.default_rng(3).standard_normal((44100, 2)).cumsum(axis=0) / 100
    sf.write(tmp_path / "recording.wav", sound, 44100)
    return tmp_path / "recording.wav"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_header_alone(dialect: str, tmp_path: Path) -> None:
    command = DIALECTS[dialect]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    include = Path(cm.get_include())
    headers = [str(path.relative_to(include)) for path in sorted(include.glob("*/*.h"))]
    assert len(headers) > 40

    def compile_one(header: str) -> None:
        code = f"#include <{header}>\n#include <{header}>\nint main(void) {{ return 0; }}\n"
        # not as a system header, so that the header's own warnings are seen
        warnings = [flag for flag in STRICT if flag != "-pedantic"]
        run(*command, *warnings, f"-I{include}", "-fsyntax-only", "-", cwd=tmp_path, text=code)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, headers))


def compilations() -> list[tuple[str, str]]:
    names = sorted(path.stem for path in EXAMPLES.glob("*.c"))
    return [(n, d) for n in names for d in DIALECTS if n != "midi_monitor" or "blocks" in d]


@pytest.mark.parametrize(("name", "dialect"), compilations())
def test_each_example_compiles(name: str, dialect: str, tmp_path: Path) -> None:
    command = DIALECTS[dialect]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    flags = ["-D_GNU_SOURCE", "-isystem", cm.get_include(), "-fsyntax-only"]
    run(*command, *STRICT, *flags, EXAMPLES / f"{name}.c", cwd=tmp_path)


CPP = """
#include <AudioToolbox/AudioToolbox.h>
#include <mach/mach_time.h>
#include <cassert>

typedef CF_ENUM(UInt32, Colour) { kRed = 1, kBlue = 0xFFFFFFFF };
typedef CF_OPTIONS(UInt32, Style) { kBold = 1, kItalic = 2 };
CF_ENUM(SInt32) { kLoose = -7 };
CF_INLINE Style both(void) { return kBold | kItalic; }

int main()
{
    AudioStreamBasicDescription format;
    FillOutASBDForLPCM(format, 48000, 6, 24, 32, false, true);
    assert(format.mFormatID == kAudioFormatLinearPCM && format.mBytesPerFrame == 24 && format.mBitsPerChannel == 24);
    assert(format.mFormatFlags == (kAudioFormatFlagIsSignedInteger | kAudioFormatFlagIsBigEndian |
                                   kAudioFormatFlagIsAlignedHigh));
    assert(!IsAudioFormatNativeEndian(format));
    FillOutASBDForLPCM(format, 48000, 6, 32, 32, true, false, true);
    assert(format.mFormatFlags == kAudioFormatFlagsAudioUnitCanonical && format.mBytesPerPacket == 4);
    assert(TestAudioFormatNativeEndian(format) && kAudioStreamAnyRate == 0);
    AudioTimeStamp time;
    FillOutAudioTimeStampWithSampleTime(time, 5);
    assert(time.mSampleTime == 5 && time.mFlags == kAudioTimeStampSampleTimeValid);
    mach_timebase_info_data_t base;
    assert(mach_timebase_info(&base) == KERN_SUCCESS);
    UInt64 then = mach_absolute_time() * base.numer / base.denom;
    assert(then <= AudioConvertHostTimeToNanos(AudioGetCurrentHostTime()));
    Colour colour = kBlue;
    return sizeof colour == 4 && both() == 3 && kLoose == -7 ? 0 : 1;
}
"""
C_FORMS = """
#include <CoreFoundation/CoreFoundation.h>
typedef CF_ENUM(UInt32, Colour) { kRed = 1 };
typedef CF_OPTIONS(UInt32, Style) { kBold = 1, kItalic = 2 };
CF_ENUM(SInt32) { kLoose = -7 };
CF_ASSUME_NONNULL_BEGIN
CF_EXPORT int given(const char *_Nullable text);
CF_ASSUME_NONNULL_END
CF_INLINE Style both(void) { return kBold | kItalic; }
int given(const char *_Nullable text) { return text == NULL; }
int main(void) { Colour c = kRed; return !(sizeof c == 4 && both() == 3 && kLoose == -7 && given(NULL)); }
"""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_apple_forms(dialect: str, tmp_path: Path) -> None:
    command = DIALECTS[dialect]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    library = Path(cm.get_library())
    link = [f"-L{library.parent}", f"-Wl,-rpath,{library.parent}", "-lcoremusic"]
    run(
        *command,
        *STRICT,
        *(["-Wno-nullability-extension"] if "clang" in command[0] else []),
        "-isystem",
        cm.get_include(),
        "-",
        "-o",
        "program",
        *link,
        cwd=tmp_path,
        text=CPP if "++" in dialect else C_FORMS,
    )
    run(tmp_path / "program", cwd=tmp_path)


def test_list_packets(recording: Path, tmp_path: Path) -> None:
    program = build("list_packets", tmp_path)
    assert run(program, recording, cwd=tmp_path) == "lpcm 44100 Hz 2 channels\n5 packets, 20 bytes\n"


def test_file_info(tmp_path: Path) -> None:
    with sf.SoundFile(tmp_path / "a.aiff", "w", 22050, 2, "PCM_24") as file:
        file.title = "A title"
        file.write(np.zeros((11025, 2)))
    lines = run(build("file_info", tmp_path), "a.aiff", cwd=tmp_path).splitlines()
    assert "samples:  24 bits, big-endian integer" in lines
    assert "length:   0.500 s, 11025 packets, 66150 bytes" in lines
    assert "sound:    2 channels, 22050 Hz" in lines
    assert "title: A title" in lines


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed (Debian: ffmpeg)")
def test_convert_and_play(recording: Path, tmp_path: Path) -> None:
    out = run(build("convert", tmp_path), recording, "a.m4a", "96000", cwd=tmp_path)
    entries = ["-show_entries", "stream=codec_name,duration_ts", "-of", "default=nokey=1:noprint_wrappers=1"]
    facts = run("ffprobe", "-v", "error", *entries, "a.m4a", cwd=tmp_path)
    assert facts.split() == ["aac", "44100"]  # the very frames of the recording
    assert 60_000 < (tmp_path / "a.m4a").stat().st_size * 8 < 140_000
    packets = out.split()[0]
    assert run(build("play_file", tmp_path), "a.m4a", cwd=tmp_path) == f"played {packets} packets\n"


def test_sine(tmp_path: Path) -> None:
    sine = build("sine", tmp_path)
    assert "Virtual Output (coremusic:virtual:output), 48000 Hz" in run(sine, "-l", cwd=tmp_path)
    run(sine, "440", "0.1", "coremusic:virtual:output", cwd=tmp_path)
    assert subprocess.run([sine, "440", "0.1", "nowhere"], capture_output=True).returncode == 1


PLAY = """
import time
import coremusic as cm
with cm.MIDIClient("player") as client:
    keys = client.create_virtual_source("keys")
    for _ in range(100):
        keys.send(b"\\x93\\x3c\\x64")
        time.sleep(0.1)
"""


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
def test_midi_monitor(patient_jack: Any, tmp_path: Path) -> None:  # noqa: F811
    package = str(Path(cm.__file__).parent.parent)
    environment = patient_jack.environment(COREMUSIC_MIDI_DRIVERS="jack", PYTHONPATH=package)
    program = build("midi_monitor", tmp_path, "-fblocks", "-lBlocksRuntime", compiler="clang")
    with (
        subprocess.Popen([program, "30"], stdout=subprocess.PIPE, text=True, env=environment) as monitor,
        subprocess.Popen(
            [sys.executable, "-c", PLAY], env=environment
        ) as player,  # comes when that has looked
    ):
        assert monitor.stdout is not None
        line = monitor.stdout.readline()
        player.kill()
        monitor.kill()
    assert "keys" in line and line.endswith("93 3C 64\n")
