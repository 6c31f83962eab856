#include "ext_file.h"

#include "../format/asbd.h"

#include <stdlib.h>
#include <string.h>

void cm_ext_drop_converter(cm_ext_file *e)
{
    if (e->converter)
        AudioConverterDispose(e->converter);
    e->converter = NULL;
}

OSStatus cm_ext_set_client_format(cm_ext_file *e, const AudioStreamBasicDescription *wanted)
{
    if (e->started)
        return kExtAudioFileError_InvalidOperationOrder;
    if (wanted->mFormatID != kAudioFormatLinearPCM)
        return kExtAudioFileError_NonPCMClientFormat;
    AudioStreamBasicDescription format = *wanted;
    if (format.mSampleRate == 0)
        format.mSampleRate = e->file_format.mSampleRate;
    if (format.mChannelsPerFrame == 0)
        format.mChannelsPerFrame = e->file_format.mChannelsPerFrame;
    cm_asbd_complete(&format);
    cm_pcm pcm;
    OSStatus status = cm_asbd_check(&format);
    if (status == noErr)
        status = cm_pcm_from_asbd(&format, &pcm);
    if (status != noErr)
        return kExtAudioFileError_InvalidDataFormat;
    if (!e->writing) { /* keep the place in the file */
        e->read_base = cm_ext_tell(e);
        e->read_frames = 0;
        if (e->reader && (status = cm_frame_reader_seek(e->reader, e->read_base)) != noErr)
            return status;
    }
    e->client_format = format;
    e->client_pcm = pcm;
    e->client_is_pcm = true;
    cm_ext_drop_converter(e);
    return noErr;
}

OSStatus cm_ext_set_client_layout(cm_ext_file *e, const AudioChannelLayout *layout, UInt32 size)
{
    AudioChannelLayout *copy = malloc(size);
    if (!copy)
        return cmMemFullError;
    memcpy(copy, layout, size);
    free(e->client_layout);
    e->client_layout = copy;
    e->client_layout_size = size;
    cm_ext_drop_converter(e);
    return noErr;
}

/* A decoder's output as a stream description. */
static AudioStreamBasicDescription reader_format(const cm_ext_file *e)
{
    const cm_pcm *pcm = cm_frame_reader_pcm(e->reader);
    if (cm_asbd_is_pcm(&e->file_format))
        return e->file_format;
    UInt32 flags = pcm->is_float    ? kAudioFormatFlagIsFloat
                   : pcm->is_signed ? kAudioFormatFlagIsSignedInteger
                                    : 0;
    if (pcm->planar)
        flags |= kAudioFormatFlagIsNonInterleaved;
    if (pcm->high_aligned)
        flags |= kAudioFormatFlagIsAlignedHigh;
    AudioStreamBasicDescription format = cm_asbd_pcm(cm_frame_reader_rate(e->reader), pcm->channels,
                                                     pcm->bytes * 8, flags);
    format.mBitsPerChannel = pcm->bits;
    if (pcm->bits != pcm->bytes * 8)
        format.mFormatFlags &= ~(UInt32)kAudioFormatFlagIsPacked;
    return format;
}

/* Layouts are advice to the converter: one that it cannot use is no reason to fail. */
static void give_layouts(const cm_ext_file *e)
{
    AudioConverterPropertyID file_side = kAudioConverterInputChannelLayout,
                             client_side = kAudioConverterOutputChannelLayout;
    if (e->writing) {
        file_side = kAudioConverterOutputChannelLayout;
        client_side = kAudioConverterInputChannelLayout;
    }
    if (e->file->layout)
        AudioConverterSetProperty(e->converter, file_side, e->file->layout_size, e->file->layout);
    if (e->client_layout)
        AudioConverterSetProperty(e->converter, client_side, e->client_layout_size, e->client_layout);
}

static OSStatus new_encoder(cm_ext_file *e)
{
    AudioClassDescription wanted = { kAudioEncoderComponentType, e->file_format.mFormatID,
                                     e->codec_manufacturer };
    bool choose = e->codec_manufacturer && !cm_asbd_is_pcm(&e->file_format);
    return AudioConverterNewSpecific(&e->client_format, &e->file_format, choose ? 1 : 0, &wanted,
                                     &e->converter);
}

OSStatus cm_ext_need_converter(cm_ext_file *e)
{
    OSStatus status = noErr;
    if (e->converter)
        return noErr;
    if (!e->client_is_pcm)
        return kExtAudioFileError_NonPCMClientFormat;
    if (e->writing) {
        status = new_encoder(e);
    } else {
        status = cm_ext_need_reader(e);
        if (status != noErr)
            return status;
        AudioStreamBasicDescription decoded = reader_format(e);
        if (decoded.mSampleRate == e->client_format.mSampleRate &&
            decoded.mChannelsPerFrame == e->client_format.mChannelsPerFrame && !e->client_layout)
            return noErr;
        status = AudioConverterNew(&decoded, &e->client_format, &e->converter);
    }
    if (status == noErr)
        give_layouts(e);
    return status;
}
