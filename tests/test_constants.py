"""constants.def, what is generated from it, and our headers, against the tables of Apple's numbers."""

from __future__ import annotations

import csv
import enum
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coremusic import constants

ROOT = Path(__file__).resolve().parent.parent
APPLE = ROOT / "tests" / "data" / "apple"
TABLE = ROOT / "csrc" / "constants.def"
GCC = shutil.which("gcc")

needs_gcc = pytest.mark.skipif(
    GCC is None or sys.platform == "darwin", reason="needs gcc and our own headers"
)

PROGRAM = r"""
#include <AudioToolbox/AudioToolbox.h>
#include <AudioUnit/AudioUnit.h>
#include <CoreAudio/CoreAudio.h>
#include <CoreMIDI/CoreMIDI.h>
#include <stdio.h>
int main(void)
{
#define CM_GETTER(name, constant) printf("%s %lld\n", #name, (long long)(SInt32)(constant));
#define CM_GETTER_STR(name, text) printf("%s %s\n", #name, text);
#define CM_MEMBER(name, member, constant) printf("%s.%s %lld\n", #name, #member, (long long)(constant));
#define CM_MEMBER_VALUE(name, member, number) printf("%s.%s %lld\n", #name, #member, (long long)(number));
#include "constants.def"
    return 0;
}
"""

# Members that no constant of Apple's stands behind.
NOT_APPLES = {
    "AudioFileProperty.DATA_SIZE": "dsiz",
    "AudioFileProperty.DATA_IS_BIG_ENDIAN": "dfbe",
    "AudioFormatID.GSM610": "glmR",
    "AudioFormatID.ADPCM_IMA_WAV": "ms\x00!",
    "AudioFormatID.MPEG4_AAC_LD_V2": "aaad",
    "AudioFormatID.MPEG4_AAC_HE_V2_SBR": "aahi",
    "AudioObjectProperty.DEVICE_NAME_IN_OWNER_USER_INTERFACE": "dsvo",
    "AudioObjectProperty.CLASS_NAME": "lc(m",
}

# Easily confused with a neighbour.
TRAPS = {
    "AudioFileType.M4A": "m4af",
    "AudioFileType.M4B": "m4bf",
    "AudioFormatID.MPEG4_AAC_HE": "aach",
    "AudioConverterProperty.MIN_INPUT_BUFFER_SIZE": "mibs",
    "AudioConverterProperty.AVAILABLE_ENCODE_BIT_RATES": "vebr",
    "AudioConverterProperty.APPLICABLE_ENCODE_SAMPLE_RATES": "aesr",
    "ExtendedAudioFileProperty.FILE_LENGTH_FRAMES": "#frm",
    "AudioQueueProperty.MAXIMUM_OUTPUT_PACKET_SIZE": "xops",
    "AudioDeviceProperty.STREAMS": "stm#",
}


def apple_constants() -> dict[str, int]:
    with (APPLE / "constants.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["name"]: int(row["value"]) for row in rows}


def member(path: str) -> enum.IntEnum:
    name, key = path.split(".")
    return getattr(constants, name)[key]  # type: ignore[no-any-return]


def code(text: str) -> int:
    return int.from_bytes(text.encode("latin-1"), "big")


def table_entries(macro: str) -> list[list[str]]:
    """The arguments of a macro in constants.def, read without the generator's parser."""
    text = " ".join(line for line in TABLE.read_text().splitlines() if not line.startswith(("#", " *", "/*")))
    calls = re.findall(rf"\b{macro}\(([^)\"]*(?:\"[^\"]*\")?[^)\"]*)\)", text)
    return [[part.strip() for part in call.split(",", 2)] for call in calls]


def test_twenty_classes_of_ints() -> None:
    classes = [getattr(constants, name) for name in constants.__all__]
    assert len(classes) == 20
    assert all(issubclass(cls, enum.IntEnum) and cls.__doc__ for cls in classes)
    assert sum(len(cls.__members__) for cls in classes) == 302
    defined = {name for name, value in vars(constants).items() if isinstance(value, enum.EnumMeta)}
    assert defined - {"IntEnum"} == set(constants.__all__)
    assert constants.AudioFileType.WAVE == 1463899717
    assert 1 << constants.AudioUnitScope.OUTPUT == 4


def test_members_have_apples_values() -> None:
    values = apple_constants()
    entries = table_entries("CM_MEMBER")
    assert len(entries) > 200
    for cls, key, expression in entries:
        expected = eval(expression, {"__builtins__": {}}, values)
        assert member(f"{cls}.{key}") == expected, f"{cls}.{key}"


@pytest.mark.parametrize(("path", "text"), [*NOT_APPLES.items(), *TRAPS.items()])
def test_four_character_codes(path: str, text: str) -> None:
    assert member(path) == code(text)


def test_small_numbers() -> None:
    assert [int(s) for s in constants.MIDIStatus] == list(range(0x80, 0x100, 0x10))
    assert constants.AudioUnitProperty.CHANNEL_MAP == 2002
    assert constants.AudioUnitProperty.METER_CLIPPING == 3011
    assert constants.AudioUnitProperty.PRESENT_PRESET == 36
    flags = constants.AudioUnitRenderActionFlags
    assert (flags.OFFLINE_PREFLIGHT, flags.OFFLINE_RENDER, flags.OFFLINE_COMPLETE) == (32, 64, 128)
    assert constants.LinearPCMFormatFlag.FLAGS_CANONICAL == 12
    assert constants.AudioQueueParameter.VolumeRampTime == 4
    assert constants.MIDIControlChange.SUSTAIN_PEDAL == 64


def test_no_aliases() -> None:
    for name in constants.__all__:
        cls = getattr(constants, name)
        assert all(value.name == key for key, value in cls.__members__.items())


def test_generated_files_are_current() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gen_constants.py"), "--check"], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (0, "")


def test_stubs_name_every_getter() -> None:
    stub = (ROOT / "src" / "coremusic" / "_capi_constants.pyi").read_text()
    stubs = dict(re.findall(r"^def (\w+)\(\) -> (int|str): \.\.\.$", stub, re.MULTILINE))
    ints = {entry[0]: "int" for entry in table_entries("CM_GETTER")}
    texts = {entry[0]: "str" for entry in table_entries("CM_GETTER_STR")}
    assert stubs == ints | texts
    assert (len(ints), len(texts)) == (215, 11)


@needs_gcc
def test_the_table_compiles_to_apples_values(tmp_path: Path) -> None:
    source, binary = tmp_path / "table.c", tmp_path / "table"
    source.write_text(PROGRAM)
    flags = ["-std=c11", "-Wall", "-Wextra", "-Wno-multichar", "-Werror"]
    folders = [f"-I{ROOT / 'csrc' / 'include'}", f"-I{ROOT / 'csrc'}"]
    subprocess.run([str(GCC), *flags, *folders, str(source), "-o", str(binary)], check=True)
    lines = subprocess.check_output([str(binary)], text=True).splitlines()
    printed = dict(line.split(" ", 1) for line in lines)
    values = apple_constants()
    for name, expression in table_entries("CM_GETTER"):
        expected = eval(expression, {"__builtins__": {}}, values)
        assert int(printed[name]) == (expected - (1 << 32) if expected >= 1 << 31 else expected), name
    assert printed["get_midi_property_display_name"] == "displayName"
    for name in constants.__all__:
        for key, value in getattr(constants, name).__members__.items():
            assert int(printed[f"{name}.{key}"]) == value


def compile_abi_test(folder: Path, change: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    source = folder / "abi_test.c"
    subprocess.run([sys.executable, str(ROOT / "tools" / "gen_abi_test.py"), str(source)], check=True)
    if change:
        text = source.read_text()
        assert change[0] in text
        source.write_text(text.replace(*change))
    include = f"-I{ROOT / 'csrc' / 'include'}"
    command = [str(GCC), "-std=c11", "-Wno-multichar", include, str(source), "-o", str(folder / "abi_test")]
    return subprocess.run(command, capture_output=True, text=True)


@needs_gcc
def test_headers_are_apples(tmp_path: Path) -> None:
    compiled = compile_abi_test(tmp_path)
    assert compiled.returncode == 0, compiled.stderr
    printed = subprocess.check_output([str(tmp_path / "abi_test")], text=True)
    counts = {what: int(number) for number, what in re.findall(r"(\d+) (\w+)", printed)}
    assert counts["constants"] > 1900 and counts["prototypes"] >= 320 and counts["uuids"] == 4


@needs_gcc
@pytest.mark.parametrize(
    "change",
    [
        (
            "SAME((long long)kAudioFileWAVEType, 1463899717LL",
            "SAME((long long)kAudioFileWAVEType, 1463899718LL",
        ),
        ("SAME(sizeof(struct AudioBufferList), 24", "SAME(sizeof(struct AudioBufferList), 20"),
        ("mBitsPerChannel), 32,", "mBitsPerChannel), 36,"),
        ("AudioFileID inAudioFile);", "AudioFileID inAudioFile, UInt32 inFlags);"),
        (
            "__builtin_types_compatible_p(AudioFilePermissions, SInt8)",
            "__builtin_types_compatible_p(UInt8, SInt8)",
        ),
    ],
)
def test_the_header_test_can_fail(tmp_path: Path, change: tuple[str, str]) -> None:
    assert compile_abi_test(tmp_path, change).returncode != 0


def test_coverage_table() -> None:
    command = [sys.executable, str(ROOT / "tools" / "coverage_api.py"), "--library"]
    run = subprocess.run([*command, "/nonexistent"], capture_output=True, text=True)
    assert run.returncode != 0
    if sys.platform != "darwin" and shutil.which("nm"):
        # A library that exports nothing of Apple's: every count in its column is 0.
        library = next(Path("/usr/lib").glob("**/libm.so.6"), None) or pytest.skip("no libm")
        output = subprocess.check_output([*command, str(library)], text=True)
        total = output.splitlines()[-1].split()
        assert total[:2] == ["all", "494"] and total[3] == "0" and total[4] == "2385"
