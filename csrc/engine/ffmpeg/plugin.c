#include "plugin.h"
#include "av.h"
#include "../base/log.h"

#include <libavutil/log.h>
#include <pthread.h>
#include <string.h>

#define MAX_CODECS 64

static const cm_codec *list[MAX_CODECS + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

const AVCodec *cm_av_find(const cm_av_codec *codec)
{
    if (codec->codec.type == kAudioDecoderComponentType)
        return codec->library ? avcodec_find_decoder_by_name(codec->library)
                              : avcodec_find_decoder(codec->id);
    return codec->library ? avcodec_find_encoder_by_name(codec->library) : avcodec_find_encoder(codec->id);
}

/* FFmpeg's messages go the engine's way: nowhere, unless COREMUSIC_LOG asks. */
static void log_line(void *object, int level, const char *format, va_list arguments)
{
    cm_log_level ours = level <= AV_LOG_ERROR     ? CM_LOG_WARNING
                        : level <= AV_LOG_WARNING ? CM_LOG_INFO
                                                  : CM_LOG_DEBUG;
    if (level > AV_LOG_VERBOSE)
        return;
    char text[512];
    int print_prefix = 1;
    av_log_format_line2(object, level, format, arguments, text, (int)sizeof text, &print_prefix);
    text[strcspn(text, "\n")] = '\0';
    cm_log(ours, "FFmpeg: %s", text);
}

static size_t add(size_t count, const cm_av_codec *codecs, size_t codec_count)
{
    for (size_t i = 0; i < codec_count && count < MAX_CODECS; i++)
        if (cm_av_find(&codecs[i]))
            list[count++] = &codecs[i].codec;
    return count;
}

static void prepare(void)
{
    av_log_set_callback(log_line);
    size_t count = add(0, cm_av_decoders, cm_av_decoder_count);
    add(count, cm_av_encoders, cm_av_encoder_count);
}

static const cm_codec *const *codecs(void)
{
    pthread_once(&once, prepare);
    return list;
}

static const char *version(void)
{
    return av_version_info();
}

CM_API const cm_ffmpeg_plugin cm_ffmpeg_plugin_table = { .codecs = codecs, .version = version };
