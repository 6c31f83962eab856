#include "ext_file.h"

#include "../format/asbd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES (64u * 1024)

enum { kNoMoreNow = 'wait' }; /* what the input proc says between two writes */

/* AudioConverterComplexInputDataProc over the buffers of the write in progress. */
static OSStatus feed(AudioConverterRef converter, UInt32 *io_packets, AudioBufferList *data,
                     AudioStreamPacketDescription **descriptions, void *user)
{
    cm_ext_file *e = user;
    (void)converter;
    if (descriptions)
        *descriptions = NULL;
    UInt32 left = e->pending ? e->pending_frames - e->pending_used : 0;
    if (left == 0) {
        *io_packets = 0;
        return e->draining ? noErr : kNoMoreNow;
    }
    UInt32 frames = *io_packets < left ? *io_packets : left;
    size_t stride = cm_pcm_stride(&e->client_pcm);
    for (UInt32 i = 0; i < data->mNumberBuffers; i++) {
        data->mBuffers[i].mData = (char *)e->pending->mBuffers[i].mData + e->pending_used * stride;
        data->mBuffers[i].mDataByteSize = (UInt32)(frames * stride);
    }
    e->pending_used += frames;
    *io_packets = frames;
    return noErr;
}

/* The encoder's cookie becomes the file's; formats without one have none to give. */
static void hand_over_cookie(cm_ext_file *e)
{
    UInt32 size = 0;
    if (AudioConverterGetPropertyInfo(e->converter, kAudioConverterCompressionMagicCookie, &size, NULL) !=
            noErr ||
        size == 0)
        return;
    void *cookie = malloc(size);
    if (cookie && AudioConverterGetProperty(e->converter, kAudioConverterCompressionMagicCookie, &size,
                                            cookie) == noErr)
        cm_file_set_property(e->file, kAudioFilePropertyMagicCookieData, size, cookie);
    free(cookie);
}

/* Room for as many packets as one turn of the converter makes: in the client's buffer if it gave one. */
static OSStatus allocate_output(cm_ext_file *e, UInt32 largest)
{
    UInt32 bytes = e->io_buffer_bytes;
    if (!e->io_buffer && bytes < OUTPUT_BYTES)
        bytes = OUTPUT_BYTES;
    if (bytes < largest && e->io_buffer)
        return cm_fail(kExtAudioFileError_InvalidPropertySize, "the I/O buffer is smaller than one packet");
    e->packet_capacity = bytes / largest > 1 ? bytes / largest : 1;
    e->packet_bytes = e->packet_capacity * largest;
    e->packets = e->io_buffer ? e->io_buffer : malloc(e->packet_bytes);
    e->descriptions = calloc(e->packet_capacity, sizeof *e->descriptions);
    return e->packets && e->descriptions ? noErr : cmMemFullError;
}

static OSStatus start(cm_ext_file *e)
{
    if (e->started)
        return noErr;
    OSStatus status = cm_ext_need_converter(e);
    UInt32 size = sizeof(UInt32), largest = 0;
    if (status == noErr)
        status = AudioConverterGetProperty(e->converter, kAudioConverterPropertyMaximumOutputPacketSize,
                                           &size, &largest);
    if (status != noErr || largest == 0)
        return status != noErr ? status : kExtAudioFileError_MaxPacketSizeUnknown;
    status = allocate_output(e, largest);
    if (status != noErr)
        return status;
    hand_over_cookie(e);
    AudioStreamBasicDescription made;
    size = sizeof made;
    status = AudioConverterGetProperty(e->converter, kAudioConverterCurrentOutputStreamDescription, &size,
                                       &made);
    if (status != noErr)
        return status;
    e->packet_frames = made.mFramesPerPacket;
    e->started = true;
    return noErr;
}

/* A file whose description leaves the frames in a packet open has to be told them with each packet. */
static void say_frames(cm_ext_file *e, UInt32 count)
{
    if (e->file_format.mFramesPerPacket > 0 || e->packet_frames == 0)
        return;
    for (UInt32 i = 0; i < count; i++)
        e->descriptions[i].mVariableFramesInPacket = e->packet_frames;
}

static OSStatus write_packets(cm_ext_file *e, UInt32 count, UInt32 bytes)
{
    say_frames(e, count);
    const AudioStreamPacketDescription *d = cm_asbd_is_pcm(&e->file_format) ? NULL : e->descriptions;
    UInt32 written = count;
    OSStatus status = cm_file_write_packets(e->file, e->next_packet, &written, d, bytes, e->packets);
    e->next_packet += written;
    return status;
}

/* What cannot be continued must not take the place of a file that was there. */
static void fail(cm_ext_file *e, OSStatus status)
{
    if (status == noErr)
        return;
    e->write_status = status;
    e->file->write_status = status;
}

/* Converts and writes until the input is used up, or, when draining, until the converter is empty. */
static OSStatus run(cm_ext_file *e)
{
    for (;;) {
        UInt32 count = e->packet_capacity;
        AudioBufferList out = { 1, { { e->file_format.mChannelsPerFrame, e->packet_bytes, e->packets } } };
        OSStatus status = AudioConverterFillComplexBuffer(e->converter, feed, e, &count, &out,
                                                          e->descriptions);
        if (status != noErr && status != kNoMoreNow)
            return status;
        OSStatus write_status = count ? write_packets(e, count, out.mBuffers[0].mDataByteSize) : noErr;
        if (write_status != noErr)
            return write_status;
        if (status == kNoMoreNow || count == 0)
            return noErr;
    }
}

OSStatus cm_ext_write(cm_ext_file *e, UInt32 frames, const AudioBufferList *data)
{
    void *planes[CM_MAX_CHANNELS];
    if (!e->writing || e->finished)
        return kExtAudioFileError_InvalidOperationOrder;
    if (e->write_status != noErr)
        return e->write_status;
    OSStatus status = cm_ext_check_buffers(e, data, frames, planes);
    if (status != noErr || frames == 0)
        return status;
    cm_file_lock(e->file);
    status = start(e);
    if (status == noErr) {
        e->pending = data;
        e->pending_frames = frames;
        e->pending_used = 0;
        status = run(e);
        e->pending = NULL;
        e->frames_in += e->pending_used;
        fail(e, status);
    }
    cm_file_unlock(e->file);
    return status;
}

static SInt64 packets_to_frames(const cm_ext_file *e)
{
    if (e->file_format.mFramesPerPacket)
        return e->next_packet * e->file_format.mFramesPerPacket;
    SInt64 frames = 0;
    for (SInt64 p = 0; p < e->next_packet; p++)
        frames += cm_file_packet_frames(e->file, p);
    return frames;
}

/* What went in is what shall come out: the rest of the packets' frames is priming and remainder. */
static void hand_over_packet_info(cm_ext_file *e)
{
    AudioConverterPrimeInfo prime = { 0, 0 };
    UInt32 size = sizeof prime;
    if (!e->has_packet_info) {
        AudioConverterGetProperty(e->converter, kAudioConverterPrimeInfo, &size, &prime);
        SInt64 valid = llround((double)e->frames_in * e->file_format.mSampleRate /
                               e->client_format.mSampleRate);
        SInt64 rest = packets_to_frames(e) - prime.leadingFrames - valid;
        e->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = valid,
                                                     .mPrimingFrames = (SInt32)prime.leadingFrames,
                                                     .mRemainderFrames = rest > 0 ? (SInt32)rest : 0 };
    }
    cm_file_set_property(e->file, kAudioFilePropertyPacketTableInfo, sizeof e->packet_info, &e->packet_info);
}

OSStatus cm_ext_finish(cm_ext_file *e)
{
    if (!e->writing || e->finished || !e->started)
        return e->write_status;
    e->finished = true;
    if (e->write_status != noErr)
        return e->write_status;
    cm_file_lock(e->file);
    e->draining = true;
    OSStatus status = run(e);
    if (status == noErr && !cm_asbd_is_pcm(&e->file_format)) {
        hand_over_cookie(e);
        hand_over_packet_info(e);
    }
    fail(e, status);
    cm_file_unlock(e->file);
    return status;
}
