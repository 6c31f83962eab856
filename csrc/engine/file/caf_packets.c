/* caf_packets.c: the packet table chunk: priming and remainder, and the sizes and lengths of packets. */
#include "caf.h"

#include "chunks.h"
#include "packet_table.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_MOST = 5 }; /* bytes of a 32-bit number of seven bits each */

/* ---- reading ---- */

typedef struct reader {
    cm_file *f;
    SInt64 at, end; /* of what is not in the buffer yet */
    size_t pos, filled;
    UInt8 buffer[4096];
} reader;

static bool fill(reader *r)
{
    SInt64 left = r->end - r->at;
    r->pos = 0;
    r->filled = left < (SInt64)sizeof r->buffer ? (size_t)left : sizeof r->buffer;
    if (r->filled == 0 || cm_head_read(r->f, r->at, r->buffer, r->filled) != noErr)
        return false;
    r->at += (SInt64)r->filled;
    return true;
}

/* A number of seven bits per byte, the first byte highest, bit 7 set in all but the last. */
static bool read_number(reader *r, UInt32 *number)
{
    UInt64 value = 0;
    for (int i = 0; i < NUMBER_MOST; i++) {
        if (r->pos == r->filled && !fill(r))
            return false;
        UInt8 byte = r->buffer[r->pos++];
        value = value << 7 | (byte & 0x7F);
        if (!(byte & 0x80)) {
            *number = (UInt32)value;
            return value <= UINT32_MAX;
        }
    }
    return false;
}

/*
 * Packets as far as the table and the audio data go. No allocation is sized by the table's own count: a
 * packet takes a byte in the table at least, and one of the audio on average.
 */
static OSStatus read_table(cm_file *f, SInt64 at, SInt64 size, SInt64 declared)
{
    reader r = { .f = f, .at = at, .end = at + size };
    bool has_sizes = f->format.mBytesPerPacket == 0, has_frames = f->format.mFramesPerPacket == 0;
    SInt64 offset = f->data_offset, end = f->data_offset + f->data_bytes;
    OSStatus status = noErr;
    while (status == noErr && f->table.count < declared && f->table.count <= f->data_bytes) {
        UInt32 bytes = f->format.mBytesPerPacket, frames = f->format.mFramesPerPacket;
        if ((has_sizes && !read_number(&r, &bytes)) || (has_frames && !read_number(&r, &frames)))
            break;
        if (bytes > end - offset)
            break;
        status = cm_packet_table_add(&f->table, has_sizes, has_frames, offset, bytes, frames);
        offset += bytes;
        if (bytes > f->max_packet_size)
            f->max_packet_size = bytes;
    }
    f->packet_count = f->table.count;
    return status;
}

static SInt64 total_frames(const cm_file *f, SInt64 packets)
{
    SInt64 total = 0;
    if (!f->table.frames)
        return packets > INT64_MAX / 0xFFFFFFFF ? INT64_MAX : packets * f->format.mFramesPerPacket;
    for (SInt64 i = 0; i < packets && i < f->table.count; i++)
        total += f->table.frames[i];
    return total;
}

/* What a file says may be nonsense, or say more than a truncated file has. */
static void settle_info(cm_file *f, bool complete)
{
    AudioFilePacketTableInfo *info = &f->packet_info;
    SInt64 total = total_frames(f, f->packet_count);
    if (info->mPrimingFrames < 0 || info->mPrimingFrames > total)
        info->mPrimingFrames = 0;
    SInt64 most = total - info->mPrimingFrames;
    if (info->mNumberValidFrames < 0 || info->mNumberValidFrames > most)
        info->mNumberValidFrames = most;
    SInt64 rest = most - info->mNumberValidFrames;
    if (!complete || info->mRemainderFrames < 0 || info->mRemainderFrames > rest)
        info->mRemainderFrames = rest <= INT32_MAX ? (SInt32)rest : 0;
}

OSStatus cm_caf_pakt_get(cm_file *f, SInt64 at, SInt64 size)
{
    UInt8 head[CM_CAF_PAKT_HEAD];
    const AudioStreamBasicDescription *format = &f->format;
    if (size < CM_CAF_PAKT_HEAD)
        return cm_fail(kAudioFileInvalidFileError, "CAF packet table of %lld bytes", (long long)size);
    OSStatus status = cm_head_read(f, at, head, sizeof head);
    if (status != noErr)
        return status;
    SInt64 declared = (SInt64)cm_get_be64(head);
    f->packet_info.mNumberValidFrames = (SInt64)cm_get_be64(head + 8);
    f->packet_info.mPrimingFrames = (SInt32)cm_get_be32(head + 16);
    f->packet_info.mRemainderFrames = (SInt32)cm_get_be32(head + 20);
    if (format->mBytesPerPacket && format->mFramesPerPacket) {
        f->packet_count = f->data_bytes / format->mBytesPerPacket;
        if (declared > 0 && declared < f->packet_count)
            f->packet_count = declared;
        f->data_bytes = f->packet_count * format->mBytesPerPacket;
    } else {
        status = read_table(f, at + CM_CAF_PAKT_HEAD, size - CM_CAF_PAKT_HEAD, declared);
    }
    f->has_packet_info = status == noErr;
    if (status == noErr)
        settle_info(f, f->packet_count == declared);
    return status;
}

/* ---- writing ---- */

static size_t put_number(UInt8 *to, UInt32 number)
{
    size_t count = 1;
    for (UInt32 rest = number >> 7; rest; rest >>= 7)
        count++;
    for (size_t i = count; i-- > 0; number >>= 7)
        to[i] = (UInt8)((number & 0x7F) | (i + 1 < count ? 0x80 : 0));
    return count;
}

/* Valid, priming and remainder frames always add up to what the packets hold. */
static AudioFilePacketTableInfo info_for(const cm_file *f, SInt64 packets)
{
    const cm_caf *state = f->state;
    AudioFilePacketTableInfo info = { 0 };
    SInt64 total = total_frames(f, packets);
    if (f->has_packet_info)
        info = f->packet_info;
    SInt64 sum = info.mNumberValidFrames + info.mPrimingFrames + info.mRemainderFrames;
    if (sum == total)
        return info;
    if (info.mPrimingFrames > total)
        info.mPrimingFrames = 0;
    /* A client that knows its frames leaves the rest of the last packet to us; what a file said before
       packets were added is true of its beginning only. */
    SInt64 rest = total - info.mPrimingFrames - info.mNumberValidFrames;
    bool counted = f->has_packet_info && state->info_set && rest >= 0 && rest <= INT32_MAX &&
                   info.mNumberValidFrames > 0;
    info.mRemainderFrames = counted ? (SInt32)rest : 0;
    if (!counted)
        info.mNumberValidFrames = total - info.mPrimingFrames;
    return info;
}

OSStatus cm_caf_pakt_make(const cm_file *f, UInt8 **bytes, size_t *size)
{
    const AudioStreamBasicDescription *format = &f->format;
    bool constant = format->mBytesPerPacket && format->mFramesPerPacket;
    *bytes = NULL;
    *size = 0;
    if (constant && !f->has_packet_info)
        return noErr;
    SInt64 packets = constant ? f->data_bytes / format->mBytesPerPacket : f->table.count;
    SInt64 described = constant ? 0 : packets;
    if (described > (SInt64)(SIZE_MAX / 4 / NUMBER_MOST))
        return cmMemFullError;
    UInt8 *made = malloc(CM_CAF_PAKT_HEAD + (size_t)described * 2 * NUMBER_MOST);
    if (!made)
        return cmMemFullError;
    AudioFilePacketTableInfo info = info_for(f, packets);
    cm_put_be64(made, (UInt64)packets);
    cm_put_be64(made + 8, (UInt64)info.mNumberValidFrames);
    cm_put_be32(made + 16, (UInt32)info.mPrimingFrames);
    cm_put_be32(made + 20, (UInt32)info.mRemainderFrames);
    size_t n = CM_CAF_PAKT_HEAD;
    for (SInt64 i = 0; i < described; i++) {
        if (format->mBytesPerPacket == 0)
            n += put_number(made + n, f->table.sizes[i]);
        if (format->mFramesPerPacket == 0)
            n += put_number(made + n, f->table.frames ? f->table.frames[i] : 0);
    }
    *bytes = made;
    *size = n;
    return noErr;
}
