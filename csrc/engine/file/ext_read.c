#include "ext_file.h"

#include <math.h>

#define PULL_FRAMES 8192u

OSStatus cm_ext_check_buffers(const cm_ext_file *e, const AudioBufferList *data, UInt32 frames, void **planes)
{
    UInt32 count = e->client_pcm.planar ? e->client_pcm.channels : 1;
    size_t bytes = (size_t)frames * cm_pcm_stride(&e->client_pcm);
    if (!data || data->mNumberBuffers != count)
        return cm_fail(kAudio_ParamError, "the client format needs %u buffers", (unsigned)count);
    for (UInt32 i = 0; i < count; i++) {
        planes[i] = data->mBuffers[i].mData;
        if ((!planes[i] && frames > 0) || data->mBuffers[i].mDataByteSize < bytes)
            return cm_fail(kAudio_ParamError, "buffer %u holds fewer than %u frames", (unsigned)i,
                           (unsigned)frames);
    }
    return noErr;
}

OSStatus cm_ext_need_reader(cm_ext_file *e)
{
    if (e->writing)
        return kExtAudioFileError_InvalidOperationOrder;
    return e->reader ? noErr : cm_frame_reader_new(e->file, &e->reader);
}

/* AudioConverterComplexInputDataProc over the frame reader. */
static OSStatus pull(AudioConverterRef converter, UInt32 *io_packets, AudioBufferList *data,
                     AudioStreamPacketDescription **descriptions, void *user)
{
    cm_ext_file *e = user;
    cm_pcm_block block;
    (void)converter;
    if (descriptions)
        *descriptions = NULL;
    size_t wanted = *io_packets > PULL_FRAMES ? *io_packets : PULL_FRAMES;
    OSStatus status = cm_frame_reader_next(e->reader, wanted, &block);
    *io_packets = status == noErr ? (UInt32)block.frames : 0;
    for (UInt32 i = 0; *io_packets && i < data->mNumberBuffers; i++) {
        data->mBuffers[i].mData = (void *)(uintptr_t)block.planes[i];
        data->mBuffers[i].mDataByteSize = (UInt32)(block.frames * cm_pcm_stride(&block.format));
    }
    return status;
}

static void set_sizes(const cm_ext_file *e, AudioBufferList *data, UInt32 frames)
{
    for (UInt32 i = 0; i < data->mNumberBuffers; i++)
        data->mBuffers[i].mDataByteSize = (UInt32)(frames * cm_pcm_stride(&e->client_pcm));
}

OSStatus cm_ext_read(cm_ext_file *e, UInt32 *io_frames, AudioBufferList *data)
{
    void *planes[CM_MAX_CHANNELS];
    OSStatus status = cm_ext_need_reader(e);
    if (status == noErr)
        status = cm_ext_need_converter(e);
    if (status == noErr)
        status = cm_ext_check_buffers(e, data, *io_frames, planes);
    if (status != noErr) {
        *io_frames = 0;
        return status;
    }
    cm_file_lock(e->file);
    if (e->converter) {
        status = AudioConverterFillComplexBuffer(e->converter, pull, e, io_frames, data, NULL);
    } else {
        size_t got;
        status = cm_frame_reader_read(e->reader, &e->client_pcm, planes, *io_frames, &got);
        *io_frames = (UInt32)got;
    }
    cm_file_unlock(e->file);
    set_sizes(e, data, *io_frames);
    e->read_frames += *io_frames;
    return *io_frames > 0 ? noErr : status;
}

OSStatus cm_ext_seek(cm_ext_file *e, SInt64 frame)
{
    SInt64 length;
    OSStatus status = cm_ext_length(e, &length);
    if (status != noErr)
        return status;
    if (frame < 0 || frame > length)
        return kExtAudioFileError_InvalidSeek;
    status = cm_frame_reader_seek(e->reader, frame);
    if (status == noErr && e->converter)
        status = AudioConverterReset(e->converter);
    e->read_base = frame;
    e->read_frames = 0;
    return status;
}

SInt64 cm_ext_tell(const cm_ext_file *e)
{
    double client_rate = e->client_format.mSampleRate;
    double file_rate = e->reader ? cm_frame_reader_rate(e->reader) : e->file_format.mSampleRate;
    if (client_rate <= 0 || client_rate == file_rate)
        return e->read_base + e->read_frames;
    return e->read_base + (SInt64)llround((double)e->read_frames * file_rate / client_rate);
}

OSStatus cm_ext_length(cm_ext_file *e, SInt64 *frames)
{
    OSStatus status = cm_ext_need_reader(e);
    if (status != noErr)
        return status;
    cm_file_lock(e->file);
    status = cm_frame_reader_length(e->reader, frames);
    cm_file_unlock(e->file);
    return status;
}
