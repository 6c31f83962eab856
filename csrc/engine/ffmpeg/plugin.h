/*
 * plugin.h: what libcoremusic-ffmpeg.so is to the engine: one exported struct, found by name.
 *
 * The plug-in is built from the files of this folder and linked with FFmpeg; it may call the functions of
 * libcoremusic that are marked CM_API and the public ones, and nothing else of it.
 */
#ifndef CM_FFMPEG_PLUGIN_H
#define CM_FFMPEG_PLUGIN_H

#include "../codec/codec.h"

#define CM_FFMPEG_PLUGIN_SYMBOL "cm_ffmpeg_plugin_table"

typedef struct cm_ffmpeg_plugin {
    /* [any] The decoders and encoders that this FFmpeg has, in order of preference; NULL ends the list, which
       is constant. */
    const cm_codec *const *(*codecs)(void);
    /* [any] FFmpeg's own version text, e.g. "5.1.9-0+deb12u1". */
    const char *(*version)(void);
} cm_ffmpeg_plugin;

#endif
