"""Builds the engine as a shared library of the package, and one extension module per binding.

On macOS there is no engine: the same bindings are linked with Apple's frameworks.
Set COREMUSIC_WITHOUT=ffmpeg to build where FFmpeg's headers are missing, COREMUSIC_STATIC=ffmpeg to link a static
FFmpeg (one made by tools/static_ffmpeg.sh, found through PKG_CONFIG_PATH).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
CSRC = ROOT / "csrc"
MACOS = sys.platform == "darwin"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
FRAMEWORKS = ["CoreFoundation", "CoreAudio", "AudioToolbox", "AudioUnit", "CoreMIDI"]
FFMPEG = ["libavcodec", "libavutil"]
HEADERS = ["libpulse", "alsa", "jack"]  # opened at run time: only their headers are used
ENGINE_FOLDERS = ["base", "format", "file", "codec", "convert", "device", "unit", "queue", "midi"]
# Builds that differ in one of these keep their engines apart.
ENGINE_VARIABLES = ["CC", "CFLAGS", "LDFLAGS", "PKG_CONFIG_PATH", "COREMUSIC_STATIC"]
DEBIAN_PACKAGES = {
    "soxr": "libsoxr-dev",
    "libavcodec": "libavcodec-dev",
    "libavutil": "libavutil-dev",
    "libpulse": "libpulse-dev",
    "alsa": "libasound2-dev",
    "jack": "libjack-jackd2-dev",
}
PKG_CONFIG = f"""prefix=${{pcfiledir}}
Name: coremusic
Description: Core Audio's C API on Linux
Version: {VERSION}
Cflags: -isystem ${{prefix}}/include -Wno-multichar
Libs: -L${{prefix}} -Wl,-rpath,${{prefix}} -lcoremusic
"""
C_FLAGS = ["-std=c11", "-O3", "-g1", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-multichar"]


def sources(*patterns: str) -> list[str]:
    return sorted({str(p.relative_to(ROOT)) for pattern in patterns for p in CSRC.glob(pattern)})


def listed(variable: str, name: str) -> bool:
    return name in os.environ.get(variable, "").split(",")


def require(compiler: str, packages: list[str]) -> None:
    """Ends the build with advice, before anything is compiled, when something native is missing."""
    for program, debian in ((compiler, "gcc"), ("pkg-config", "pkg-config")):
        if not shutil.which(program):
            raise SystemExit(f"coremusic: {program} is missing (Debian: apt install {debian})")
    missing = [p for p in packages if subprocess.run(["pkg-config", "--exists", p]).returncode]
    if missing:
        debian = " ".join(DEBIAN_PACKAGES[p] for p in missing)
        raise SystemExit(
            f"coremusic: pkg-config finds no {', '.join(missing)} (Debian: apt install {debian})"
            + (
                ""
                if set(missing) - set(FFMPEG)
                else "; COREMUSIC_WITHOUT=ffmpeg builds without most compressed formats"
            )
        )


def pkg_config(packages: list[str], *options: str) -> tuple[list[str], list[str]]:
    """Compiler and linker flags of native libraries."""

    def flags(kind: str) -> list[str]:
        return shlex.split(subprocess.check_output(["pkg-config", kind, *options, *packages], text=True))

    return flags("--cflags"), flags("--libs")


def is_current(target: Path, source: Path) -> bool:
    """True when target is newer than source and than every header that the compiler noted beside it."""
    notes = target.with_suffix(".d")
    if not target.exists() or not notes.exists():
        return False
    needed = re.split(r"(?<!\\)\s+", notes.read_text().replace("\\\n", " ").split(":", 1)[1].strip())
    built = target.stat().st_mtime
    try:
        return all(Path(n.replace("\\ ", " ")).stat().st_mtime <= built for n in [str(source), *needed])
    except FileNotFoundError:
        return False


class Engine:
    """Compiles csrc/engine and its plug-ins; what comes out is kept between builds and shared by all Pythons."""

    def __init__(self, objects: Path, package: Path) -> None:
        self.objects, self.package = objects, package
        self.cc = shlex.split(os.environ.get("CC", "cc"))
        self.extra = shlex.split(os.environ.get("CFLAGS", ""))
        self.defines = ["-D_GNU_SOURCE", f'-DCM_VERSION="{VERSION}"']
        self.includes = ["-Icsrc/include", "-Icsrc/engine"]

    def compile(self, source: str, flags: list[str]) -> Path:
        target = self.objects / Path(source).with_suffix(".o")
        if not is_current(target, ROOT / source):
            target.parent.mkdir(parents=True, exist_ok=True)
            command = [*self.cc, *C_FLAGS, *self.defines, *self.includes, *flags, *self.extra]
            subprocess.run([*command, "-MMD", "-c", source, "-o", str(target)], check=True, cwd=ROOT)
        return target

    def link(self, name: str, objects: list[Path], flags: list[str]) -> None:
        target = self.objects / name
        newest = max(o.stat().st_mtime for o in objects)
        if not target.exists() or target.stat().st_mtime < newest:
            command = [*self.cc, "-shared", "-Wl,-rpath,$ORIGIN", "-Wl,-z,defs", f"-Wl,-soname,{name}"]
            command += shlex.split(os.environ.get("LDFLAGS", ""))
            command += ["-o", str(target), *map(str, objects), *flags, *self.extra]
            subprocess.run(command, check=True, cwd=ROOT)
        self.package.mkdir(parents=True, exist_ok=True)
        new = self.package / f"{name}.new"  # renamed, since a process may have the old one mapped
        shutil.copy2(target, new)
        new.replace(self.package / name)

    def library(self, name: str, files: list[str], cflags: list[str], libs: list[str]) -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(lambda f: self.compile(f, cflags), files))
        self.link(name, objects, libs)

    def build(self) -> None:
        with_ffmpeg = not listed("COREMUSIC_WITHOUT", "ffmpeg")
        require(self.cc[0], ["soxr", *HEADERS, *(FFMPEG if with_ffmpeg else [])])
        cflags, _ = pkg_config(["soxr", *HEADERS])
        _, libs = pkg_config(["soxr"])
        files = [f for folder in ENGINE_FOLDERS for f in sources(f"engine/{folder}/*.c")]
        # Threads of the engine's run until the process ends: whoever closes the library must not unmap their code.
        libs += ["-Wl,-z,nodelete", "-lm", "-ldl", "-lpthread"]
        self.library("libcoremusic.so", files, cflags, libs)
        if with_ffmpeg:
            self.build_ffmpeg()
        else:
            (self.package / "libcoremusic-ffmpeg.so").unlink(missing_ok=True)

    def build_ffmpeg(self) -> None:
        static = listed("COREMUSIC_STATIC", "ffmpeg")
        cflags, libs = pkg_config(FFMPEG, *(["--static"] if static else []))
        own = [f"-L{self.objects}", "-lcoremusic", *(["-Wl,-Bsymbolic"] if static else [])]
        self.library("libcoremusic-ffmpeg.so", sources("engine/ffmpeg/*.c"), cflags, [*libs, *own, "-lm"])


class BuildWithEngine(build_ext):
    """Builds the engine into the same folder as the extension modules, before they are linked with it."""

    def native_files(self) -> list[Path]:
        return sorted(self.package_folder().glob("libcoremusic*.so"))

    def package_folder(self) -> Path:
        return Path(self.build_lib).resolve() / "coremusic"

    def build_extensions(self) -> None:
        if not MACOS:
            kind = zlib.crc32("".join(os.environ.get(v, "") for v in ENGINE_VARIABLES).encode())
            Engine(ROOT / "build" / f"engine-{kind:08x}", self.package_folder()).build()
            for extension in self.extensions:
                extension.library_dirs.append(str(self.package_folder()))
        super().build_extensions()

    def run(self) -> None:
        super().run()
        if not MACOS and not self.inplace:  # C programs compile against the package: coremusic.get_include()
            shutil.copytree(CSRC / "include", self.package_folder() / "include", dirs_exist_ok=True)
            (self.package_folder() / "coremusic.pc").write_text(PKG_CONFIG)

    def copy_extensions_to_source(self) -> None:
        super().copy_extensions_to_source()
        for library in self.native_files():
            self.copy_file(str(library), str(ROOT / "src" / "coremusic" / library.name))

    def get_outputs(self) -> list[str]:
        return [*super().get_outputs(), *map(str, self.native_files())]


def numpy_include() -> str:
    import numpy

    return numpy.get_include()


def binding(name: str, folder: str, common: list[str], engine: bool) -> Extension:
    extension = Extension(
        f"coremusic.{name}",
        sources(f"{name}.c", f"{folder}/*.c", *common),
        include_dirs=["csrc", numpy_include()],
        depends=sources("common/*.h", f"{folder}/*.h", "include/**/*.h", "*.def"),
        extra_compile_args=[
            *C_FLAGS,
            "-D_GNU_SOURCE=1",
            "-Wno-missing-field-initializers",
            "-Wno-cast-function-type",
        ],
    )
    if engine and MACOS:
        extension.extra_link_args = [flag for f in FRAMEWORKS for flag in ("-framework", f)]
    elif engine:
        extension.include_dirs.append("csrc/include")
        extension.libraries = ["coremusic"]
        extension.runtime_library_dirs = ["$ORIGIN"]
    return extension


PLATFORM = "common/platform_apple.c" if MACOS else "common/platform_engine.c"
ENGINE_SHARED = ["common/args.c", "common/errors.c", "common/platform_engine.c"]
SHARED = ["common/[!p]*.c", "common/property.c", PLATFORM, "engine/base/ring.c"]

setup(
    ext_modules=[
        binding("_capi", "capi", SHARED, engine=True),
        binding("_objects", "objects", SHARED, engine=True),
        binding("_dsp", "dsp", ["common/args.c", "common/numpy_api.c"], engine=False),
        *([] if MACOS else [binding("_engine", "engine_binding", ENGINE_SHARED, engine=True)]),
    ],
    cmdclass={"build_ext": BuildWithEngine},
)
