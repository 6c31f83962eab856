#!/bin/sh
# Builds FFmpeg's audio codecs alone as static libraries, from the distribution's own source package, into FOLDER.
# Encoders for MP3, Opus and Vorbis come from their own libraries, which stay shared.
# usage: static_ffmpeg.sh FOLDER; afterwards: PKG_CONFIG_PATH=FOLDER/lib/pkgconfig COREMUSIC_STATIC=ffmpeg pip wheel .
set -e
folder=$(mkdir -p "$1" && cd "$1" && pwd)
[ -e "$folder/lib/pkgconfig/libavcodec.pc" ] && exit 0
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get install -qy --no-install-recommends dpkg-dev nasm libmp3lame-dev libopus-dev libvorbis-dev >/dev/null
mkdir -p "$folder/source"
cd "$folder/source"
if ! ls -d ffmpeg-*/ >/dev/null 2>&1; then
    # Source packages from the places that binary packages come from, for these calls only.
    sources=$folder/deb-src.list
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | sed -n 's/^deb /deb-src /p' > "$sources"
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" > "$folder/deb-src.sources" && sources=$folder/deb-src.sources
    done
    options="-o Dir::Etc::SourceList=$sources -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists=$folder/lists"
    mkdir -p "$folder/lists/partial"
    apt-get $options update -q >/dev/null
    apt-get $options source -q ffmpeg >/dev/null
fi
cd ffmpeg-*/
./configure --prefix="$folder" --disable-everything --disable-autodetect --disable-network --disable-programs --disable-doc \
    --disable-avdevice --disable-avfilter --disable-avformat --disable-swscale --disable-postproc \
    --enable-pic --enable-static --disable-shared --disable-debug \
    --enable-libmp3lame --enable-libopus --enable-libvorbis \
    --enable-decoder=mp1float,mp2float,mp3float,aac,ac3,eac3,flac,vorbis,opus,alac,amrnb,amrwb,gsm_ms,mace3,mace6 \
    --enable-encoder=aac,ac3,eac3,mp2,flac,alac,libmp3lame,libopus,libvorbis \
    --enable-parser=aac,ac3,flac,mpegaudio,opus,vorbis
make -s -j"$(nproc)"
make -s install
