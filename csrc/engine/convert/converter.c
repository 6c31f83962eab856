/* Making, resetting and disposing of converters. */
#include "../base/handle.h"
#include "../format/asbd.h"
#include "converter.h"
#include "pinned.h"

#include <AudioToolbox/AudioCodec.h>
#include <stdlib.h>

static void destroy(void *object)
{
    cm_converter *c = object;
    cm_converter_dismantle(c);
    free(c->channel_map);
    free(c->mix_map);
    free(c->input_layout);
    free(c->output_layout);
    free(c->cookie);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

cm_converter *cm_converter_pin(AudioConverterRef ref)
{
    cm_converter *c = cm_handle_pin(ref, CM_KIND_AUDIO_CONVERTER);
    if (c)
        pthread_mutex_lock(&c->lock);
    else
        cm_fail(kAudio_ParamError, "not a live audio converter");
    return c;
}

void cm_converter_unpin(AudioConverterRef ref, cm_converter *c)
{
    pthread_mutex_unlock(&c->lock);
    cm_handle_unpin(ref);
}

static const cm_converter_settings default_settings = {
    .src_quality = kAudioConverterQuality_High,
    .src_complexity = kAudioConverterSampleRateConverterComplexity_Normal,
    .prime_method = kConverterPrimeMethod_Normal,
    .codec_quality = kAudioConverterQuality_High,
    .bit_rate_mode = kAudioCodecBitRateControlMode_LongTermAverage,
    .vbr_quality = 64,
};

/* What one side leaves open is what the other side says. */
static void complete_formats(cm_converter *c)
{
    if (c->output.mSampleRate == 0)
        c->output.mSampleRate = c->input.mSampleRate;
    if (c->input.mSampleRate == 0)
        c->input.mSampleRate = c->output.mSampleRate;
    if (c->output.mChannelsPerFrame == 0 && !cm_asbd_is_pcm(&c->output))
        c->output.mChannelsPerFrame = c->input.mChannelsPerFrame;
    cm_asbd_complete(&c->input);
    cm_asbd_complete(&c->output);
}

static OSStatus check_formats(const cm_converter *c)
{
    OSStatus status = cm_asbd_check(&c->input);
    if (status == noErr)
        status = cm_asbd_check(&c->output);
    if (status != noErr)
        return status;
    if (!cm_asbd_is_pcm(&c->input) && !cm_asbd_is_pcm(&c->output))
        return cm_fail(kAudioConverterErr_FormatNotSupported,
                       "one side of a converter is linear PCM: decode first, then encode");
    if (c->input.mSampleRate == 0)
        return noErr;
    return cm_resample_check(c->input.mSampleRate, c->output.mSampleRate);
}

/* The first codec that the client names for this direction and format; any when it names none. */
static const cm_codec *find_codec(UInt32 type, AudioFormatID format, UInt32 count,
                                  const AudioClassDescription *classes)
{
    for (UInt32 i = 0; i < count; i++) {
        if (classes[i].mType != type || classes[i].mSubType != format)
            continue;
        const cm_codec *codec = cm_codec_find(type, format, classes[i].mManufacturer);
        if (codec)
            return codec;
    }
    return count ? NULL : cm_codec_find(type, format, 0);
}

static OSStatus find_codecs(cm_converter *c, UInt32 count, const AudioClassDescription *classes)
{
    if (!cm_asbd_is_pcm(&c->input)) {
        c->decoder = find_codec(kAudioDecoderComponentType, c->input.mFormatID, count, classes);
        return c->decoder ? noErr : kAudioConverterErr_FormatNotSupported;
    }
    if (!cm_asbd_is_pcm(&c->output)) {
        c->encoder = find_codec(kAudioEncoderComponentType, c->output.mFormatID, count, classes);
        return c->encoder ? noErr : kAudioConverterErr_FormatNotSupported;
    }
    return noErr;
}

/* A decoder waits for its magic cookie; everything else can be tried now. */
static OSStatus set_up(cm_converter *c, UInt32 count, const AudioClassDescription *classes)
{
    complete_formats(c);
    OSStatus status = check_formats(c);
    if (status == noErr)
        status = find_codecs(c, count, classes);
    if (status == noErr && !c->decoder)
        status = cm_converter_prepare(c);
    return status;
}

void cm_converter_destroy(cm_converter *c)
{
    if (c)
        destroy(c);
}

static OSStatus create(const AudioStreamBasicDescription *input, const AudioStreamBasicDescription *output,
                       UInt32 class_count, const AudioClassDescription *classes, cm_converter **out)
{
    cm_converter *c = calloc(1, sizeof *c);
    if (!c)
        return kAudio_MemFullError;
    cm_lock_init(&c->lock);
    c->input = *input;
    c->output = *output;
    c->settings = default_settings;
    OSStatus status = set_up(c, class_count, classes);
    if (status != noErr) {
        destroy(c);
        c = NULL;
    }
    *out = c;
    return status;
}

OSStatus cm_converter_create(const AudioStreamBasicDescription *input,
                             const AudioStreamBasicDescription *output, cm_converter **out)
{
    return create(input, output, 0, NULL, out);
}

OSStatus AudioConverterNewSpecific(const AudioStreamBasicDescription *inSourceFormat,
                                   const AudioStreamBasicDescription *inDestinationFormat,
                                   UInt32 inNumberClassDescriptions,
                                   const AudioClassDescription *inClassDescriptions,
                                   AudioConverterRef *outAudioConverter)
{
    if (!inSourceFormat || !inDestinationFormat || !outAudioConverter ||
        (inNumberClassDescriptions && !inClassDescriptions))
        return kAudio_ParamError;
    *outAudioConverter = NULL;
    cm_converter *c;
    OSStatus status = create(inSourceFormat, inDestinationFormat, inNumberClassDescriptions,
                             inClassDescriptions, &c);
    if (status != noErr)
        return status;
    c->self = cm_handle_new(CM_KIND_AUDIO_CONVERTER, c, destroy);
    if (!c->self) {
        destroy(c);
        return kAudio_MemFullError;
    }
    c->feed.converter = c->self;
    *outAudioConverter = c->self;
    return noErr;
}

OSStatus AudioConverterNew(const AudioStreamBasicDescription *inSourceFormat,
                           const AudioStreamBasicDescription *inDestinationFormat,
                           AudioConverterRef *outAudioConverter)
{
    return AudioConverterNewSpecific(inSourceFormat, inDestinationFormat, 0, NULL, outAudioConverter);
}

OSStatus AudioConverterDispose(AudioConverterRef inAudioConverter)
{
    return cm_handle_retire(inAudioConverter, CM_KIND_AUDIO_CONVERTER) ? noErr : kAudio_ParamError;
}

OSStatus AudioConverterReset(AudioConverterRef inAudioConverter)
{
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = noErr;
    if (c->is_running)
        c->must_reset = true; /* from the input procedure: done before the next call that pulls */
    else
        status = cm_converter_restart(c, false);
    cm_converter_unpin(inAudioConverter, c);
    return status;
}

OSStatus AudioConverterGetPropertyInfo(AudioConverterRef inAudioConverter,
                                       AudioConverterPropertyID inPropertyID, UInt32 *outSize,
                                       Boolean *outWritable)
{
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    UInt32 size = 0;
    bool writable = false;
    OSStatus status = cm_converter_property_info(c, inPropertyID, &size, &writable);
    if (outSize)
        *outSize = size;
    if (outWritable)
        *outWritable = writable;
    cm_converter_unpin(inAudioConverter, c);
    return status;
}

OSStatus AudioConverterGetProperty(AudioConverterRef inAudioConverter, AudioConverterPropertyID inPropertyID,
                                   UInt32 *ioPropertyDataSize, void *outPropertyData)
{
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = kAudio_ParamError;
    if (ioPropertyDataSize && outPropertyData)
        status = cm_converter_get(c, inPropertyID, ioPropertyDataSize, outPropertyData);
    cm_converter_unpin(inAudioConverter, c);
    return status;
}

OSStatus AudioConverterSetProperty(AudioConverterRef inAudioConverter, AudioConverterPropertyID inPropertyID,
                                   UInt32 inPropertyDataSize, const void *inPropertyData)
{
    cm_converter *c = cm_converter_pin(inAudioConverter);
    if (!c)
        return kAudio_ParamError;
    OSStatus status = kAudio_ParamError;
    if (inPropertyData || inPropertyDataSize == 0)
        status = cm_converter_set(c, inPropertyID, inPropertyDataSize, inPropertyData);
    cm_converter_unpin(inAudioConverter, c);
    return status;
}
