#!/bin/sh
# Builds FFmpeg's audio codecs alone as static libraries, from the distribution's own source package, into FOLDER.
# Encoders for MP3, Opus and Vorbis come from their own libraries, which stay shared.
# usage: static_ffmpeg.sh FOLDER; afterwards: PKG_CONFIG_PATH=FOLDER/lib/pkgconfig COREMUSIC_STATIC=ffmpeg pip wheel .
set -e
folder=$(mkdir -p "$1" && cd "$1" && pwd)
script=$(realpath "$0")
[ "$folder/lib/pkgconfig/libavcodec.pc" -nt "$script" ] && exit 0
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get install -qy --no-install-recommends dpkg-dev nasm libmp3lame-dev libopus-dev libvorbis-dev >/dev/null
mkdir -p "$folder/source"
cd "$folder/source"
if ! ls -d ffmpeg-*/ >/dev/null 2>&1; then
    # Source packages from the places that binary packages come from, for these calls only.
    places=$folder/sources.list.d
    mkdir -p "$places" "$folder/lists/partial"
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb /deb-src /p' > "$places/binary.list"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -e "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" > "$places/$(basename "$file")"
    done
    options="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$places -o Dir::State::Lists=$folder/lists"
    options="$options -o APT::Sandbox::User=root" # what is fetched goes where only this user may write
    apt-get $options update -q >/dev/null
    apt-get $options source -q ffmpeg >/dev/null
fi
cd ffmpeg-*/
./configure --prefix="$folder" --disable-everything --disable-autodetect --disable-network --disable-programs --disable-doc \
    --disable-avdevice --disable-avfilter --disable-avformat --disable-swscale --disable-postproc \
    --enable-pic --enable-static --disable-shared --disable-debug \
    --enable-libmp3lame --enable-libopus --enable-libvorbis \
    --enable-decoder=mp1float,mp2float,mp3float,aac,ac3,eac3,flac,vorbis,opus,alac,amrnb,amrwb,gsm_ms,ilbc,mace3,mace6 \
    --enable-encoder=aac,ac3,eac3,mp2,flac,alac,libmp3lame,libopus,libvorbis
make -s -j"$(nproc)"
make -s install
