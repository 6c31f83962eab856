#include "file.h"

#include "chunks.h"
#include "packet_table.h"

#include <stdlib.h>
#include <string.h>

/* Writes go in blocks, so that a failing one can tell how much is safe. */
#define WRITE_BLOCK ((UInt32)1 << 20)

/* ---- counting ---- */

static bool is_table(const cm_file *f)
{
    return f->table.sizes || f->table.frames || f->format.mBytesPerPacket == 0;
}

static OSStatus load_table(cm_file *f)
{
    if (f->packet_count >= 0 || f->grows || !is_table(f) || !f->container->scan_packets)
        return noErr;
    OSStatus status = f->container->scan_packets(f);
    if (status == noErr && f->packet_count < 0)
        f->packet_count = f->table.count;
    return status;
}

OSStatus cm_file_count_packets(cm_file *f, SInt64 *count)
{
    OSStatus status = load_table(f);
    if (f->packet_count >= 0)
        *count = f->packet_count;
    else
        *count = is_table(f) ? f->table.count : f->data_bytes / f->format.mBytesPerPacket;
    return status;
}

OSStatus cm_file_max_packet_size(cm_file *f, UInt32 *size)
{
    SInt64 count = 0;
    OSStatus status = f->format.mBytesPerPacket ? noErr : cm_file_count_packets(f, &count);
    *size = f->format.mBytesPerPacket;
    if (status != noErr || *size)
        return status;
    for (SInt64 i = 0; !f->max_packet_size && f->table.sizes && i < f->table.count; i++)
        *size = f->table.sizes[i] > *size ? f->table.sizes[i] : *size;
    if (f->max_packet_size)
        *size = f->max_packet_size;
    f->max_packet_size = *size;
    return noErr;
}

UInt32 cm_file_packet_size_bound(cm_file *f)
{
    if (f->format.mBytesPerPacket)
        return f->format.mBytesPerPacket;
    UInt32 size = f->max_packet_size;
    if (f->grows && f->packet_count < 0)
        return size > 0x10000 ? size : 0x10000;
    if (!size && f->packet_count >= 0)
        cm_file_max_packet_size(f, &size);
    if (size)
        return size;
    /* Nothing is known yet: no packet is larger than all the data, nor than 16 bits of header can say. */
    return f->data_bytes < 0x10000 ? (UInt32)f->data_bytes : 0x10000;
}

UInt32 cm_file_packet_frames(const cm_file *f, SInt64 packet)
{
    return f->table.frames ? f->table.frames[packet] : f->format.mFramesPerPacket;
}

OSStatus cm_file_frames(cm_file *f, AudioFilePacketTableInfo *info)
{
    SInt64 count = 0;
    OSStatus status = noErr;
    if (f->has_packet_info) {
        *info = f->packet_info;
        return noErr;
    }
    *info = (AudioFilePacketTableInfo){ 0 };
    status = cm_file_count_packets(f, &count);
    if (!f->table.frames &&
        __builtin_mul_overflow(count, f->format.mFramesPerPacket, &info->mNumberValidFrames))
        info->mNumberValidFrames = INT64_MAX; /* of a stream without a known end */
    for (SInt64 i = 0; f->table.frames && i < count && i < f->table.count; i++)
        info->mNumberValidFrames += f->table.frames[i];
    return status;
}

Float64 cm_file_duration(cm_file *f)
{
    AudioFilePacketTableInfo info;
    bool known = f->has_packet_info || f->packet_count >= 0 || !is_table(f) || f->duration <= 0;
    if (!known)
        return f->duration;
    bool endless = f->data_bytes >= CM_IO_SIZE_UNKNOWN / 2 && !f->has_packet_info && f->packet_count < 0;
    if (endless || f->format.mSampleRate <= 0 || cm_file_frames(f, &info) != noErr)
        return 0;
    return (Float64)info.mNumberValidFrames / f->format.mSampleRate;
}

/* ---- reading ---- */

typedef struct place {
    SInt64 offset;
    UInt32 size;
} place;

static place place_of(const cm_file *f, SInt64 packet)
{
    UInt32 constant = f->format.mBytesPerPacket;
    place p = { f->data_offset + packet * constant, constant };
    if (f->table.sizes)
        p.size = f->table.sizes[packet];
    if (f->table.offsets)
        p.offset = f->table.offsets[packet];
    return p;
}

void cm_file_describe(const cm_file *f, AudioStreamPacketDescription *to, SInt64 offset, UInt32 size,
                      UInt32 frames)
{
    to->mStartOffset = offset;
    to->mVariableFramesInPacket = frames == f->format.mFramesPerPacket ? 0 : frames;
    to->mDataByteSize = size;
}

static OSStatus too_small(UInt32 have, UInt32 need)
{
    return cm_fail(cmParamError, "a buffer of %u bytes cannot take a packet of %u", have, need);
}

static OSStatus read_constant(cm_file *f, SInt64 first, UInt32 *io_count,
                              AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer)
{
    UInt32 size = f->format.mBytesPerPacket;
    UInt32 fits = *io_bytes / size;
    if (fits == 0)
        return too_small(*io_bytes, size);
    UInt32 count = *io_count < fits ? *io_count : fits;
    size_t got = 0;
    OSStatus status = cm_io_read(f->io, f->data_offset + first * size, buffer, (size_t)count * size, &got);
    count = (UInt32)(got / size);
    for (UInt32 i = 0; descriptions && i < count; i++)
        cm_file_describe(f, &descriptions[i], i * size, size, 0);
    *io_count = count;
    *io_bytes = count * size;
    return status == noErr && count == 0 ? kAudioFileEndOfFileError : status;
}

/* Reads packets that lie one behind the other in one go. Returns how many; 0 with the status at failure. */
static UInt32 read_run(cm_file *f, SInt64 first, UInt32 most, UInt32 room, char *buffer, UInt32 *used,
                       OSStatus *status)
{
    place start = place_of(f, first);
    UInt32 count = 1, bytes = start.size;
    for (; count < most; count++) {
        place next = place_of(f, first + count);
        if (next.offset != start.offset + bytes || next.size > room - bytes)
            break;
        bytes += next.size;
    }
    size_t got = 0;
    *status = cm_io_read(f->io, start.offset, buffer, bytes, &got);
    if (*status != noErr)
        count = 0;
    while (count > 0 && bytes > got)
        bytes -= place_of(f, first + --count).size;
    *used = bytes;
    return count;
}

static OSStatus read_table(cm_file *f, SInt64 first, UInt32 *io_count,
                           AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer)
{
    OSStatus status = noErr;
    UInt32 done = 0, bytes = 0;
    while (done < *io_count && status == noErr) {
        UInt32 need = place_of(f, first + done).size, used = 0;
        if (need > *io_bytes - bytes) {
            if (done == 0)
                status = too_small(*io_bytes, need);
            break;
        }
        UInt32 n = read_run(f, first + done, *io_count - done, *io_bytes - bytes, (char *)buffer + bytes,
                            &used, &status);
        for (UInt32 i = 0, at = bytes; descriptions && i < n; i++) {
            UInt32 size = place_of(f, first + done + i).size;
            UInt32 frames = f->table.frames ? f->table.frames[first + done + i] : 0;
            cm_file_describe(f, &descriptions[done + i], at, size, frames);
            at += size;
        }
        if (n == 0)
            break;
        done += n;
        bytes += used;
    }
    *io_count = done;
    *io_bytes = bytes;
    return status == noErr && done == 0 ? kAudioFileEndOfFileError : status;
}

static OSStatus nothing_read(UInt32 *io_count, UInt32 *io_bytes, OSStatus status)
{
    *io_count = 0;
    *io_bytes = 0;
    return status;
}

OSStatus cm_file_read_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer)
{
    SInt64 count = 0;
    OSStatus status = cm_file_check_readable(f);
    if (status == noErr && first < 0)
        status = kAudioFileInvalidPacketOffsetError;
    if (status != noErr || *io_count == 0)
        return nothing_read(io_count, io_bytes, status);
    if (f->container->read_packets)
        return f->container->read_packets(f, first, io_count, descriptions, io_bytes, buffer);
    status = cm_file_count_packets(f, &count);
    if (status != noErr || first >= count)
        return nothing_read(io_count, io_bytes, status != noErr ? status : kAudioFileEndOfFileError);
    if (*io_count > count - first)
        *io_count = (UInt32)(count - first);
    status = is_table(f) ? read_table(f, first, io_count, descriptions, io_bytes, buffer)
                         : read_constant(f, first, io_count, descriptions, io_bytes, buffer);
    return status == noErr ? noErr : nothing_read(io_count, io_bytes, status);
}

OSStatus cm_file_read_bytes(cm_file *f, SInt64 at, UInt32 *io_bytes, void *buffer)
{
    UInt32 wanted = *io_bytes;
    size_t got = 0;
    *io_bytes = 0;
    OSStatus status = cm_file_check_readable(f);
    if (status != noErr)
        return status;
    if (at < 0)
        return kAudioFilePositionError;
    if (at >= f->data_bytes)
        return wanted == 0 && at == f->data_bytes ? noErr : kAudioFileEndOfFileError;
    SInt64 left = f->data_bytes - at;
    status = cm_io_read(f->io, f->data_offset + at, buffer, left < wanted ? (size_t)left : wanted, &got);
    *io_bytes = (UInt32)got;
    return status == noErr && got < wanted ? kAudioFileEndOfFileError : status;
}

/* ---- writing ---- */

OSStatus cm_file_check_room(const cm_file *f, SInt64 data_bytes, UInt64 more)
{
    UInt64 total = (UInt64)f->data_offset + (UInt64)data_bytes + more + 32;
    if (!f->max_bytes)
        return noErr;
    for (size_t i = 0; i < f->chunk_count; i++)
        total += (UInt64)f->chunks[i].size + 16;
    return total <= f->max_bytes ? noErr
                                 : cm_fail(kAudioFileDoesNotAllow64BitDataSizeError,
                                           "%s files end at %llu bytes; RF64, W64 and CAF files do not",
                                           f->container->name, (unsigned long long)f->max_bytes);
}

static OSStatus write_blocks(cm_file *f, SInt64 at, UInt32 size, const char *bytes, UInt32 *done)
{
    OSStatus status = noErr;
    for (*done = 0; status == noErr && *done < size;) {
        UInt32 n = size - *done < WRITE_BLOCK ? size - *done : WRITE_BLOCK;
        status = cm_io_write(f->io, f->data_offset + at + *done, bytes + *done, n);
        if (status == noErr)
            *done += n;
    }
    return status;
}

/* Audio data at a place that is not behind the end. *done tells what was written also on failure. */
static OSStatus write_data(cm_file *f, SInt64 at, UInt32 size, const void *bytes, UInt32 *done)
{
    *done = 0;
    SInt64 end = at + size;
    OSStatus status = noErr;
    if (end > f->data_bytes) {
        status = cm_file_check_room(f, end, 0);
        if (status == noErr)
            status = cm_chunks_lift(f, f->data_offset + f->data_bytes);
    }
    if (status != noErr)
        return status;
    f->dirty = f->audio_changed = true;
    f->write_status = status = write_blocks(f, at, size, bytes, done);
    if (at + *done > f->data_bytes)
        f->data_bytes = at + *done;
    return status;
}

/* What a client sees after each write when it asked for a file that is valid at any time. */
static OSStatus after_write(cm_file *f, OSStatus status)
{
    if (status != noErr || f->defer_sizes)
        return status;
    return f->container->flush(f);
}

/* Audio behind the end that a file tells of: the end moves, and what was filler before it is heard now. */
static void extend_info(cm_file *f, SInt64 frames)
{
    if (!f->has_packet_info || f->created || frames <= 0)
        return;
    f->packet_info.mNumberValidFrames += f->packet_info.mRemainderFrames + frames;
    f->packet_info.mRemainderFrames = 0;
}

/* Fewer packets than there were: the end moves to the front. */
static OSStatus cut_info(cm_file *f)
{
    AudioFilePacketTableInfo *info = &f->packet_info, all;
    if (!f->has_packet_info)
        return noErr;
    f->has_packet_info = false;
    OSStatus status = cm_file_frames(f, &all);
    f->has_packet_info = true;
    SInt64 audible = all.mNumberValidFrames - info->mPrimingFrames;
    if (audible < 0)
        audible = 0;
    if (info->mNumberValidFrames > audible)
        info->mNumberValidFrames = audible;
    SInt64 rest = audible - info->mNumberValidFrames;
    info->mRemainderFrames = rest < INT32_MAX ? (SInt32)rest : INT32_MAX;
    return status;
}

static OSStatus write_constant(cm_file *f, SInt64 first, UInt32 *io_count, UInt32 bytes, const void *buffer)
{
    UInt32 size = f->format.mBytesPerPacket, done = 0;
    UInt32 count = *io_count;
    SInt64 present = f->data_bytes / size;
    *io_count = 0;
    if (first > present)
        return kAudioFileInvalidPacketOffsetError;
    if ((UInt64)count * size > bytes)
        return cm_fail(cmParamError, "%u packets take %llu bytes, not %u", count,
                       (unsigned long long)count * size, bytes);
    OSStatus status = write_data(f, first * size, count * size, buffer, &done);
    *io_count = done / size;
    f->data_bytes -= first * size + done == f->data_bytes ? done % size : 0;
    f->packet_count = -1;
    extend_info(f, (f->data_bytes / size - present) * f->format.mFramesPerPacket);
    return after_write(f, status);
}

static OSStatus check_descriptions(const AudioStreamPacketDescription *d, UInt32 count, UInt32 bytes)
{
    if (!d)
        return cm_fail(cmParamError, "packets of varying size need packet descriptions");
    for (UInt32 i = 0; i < count; i++)
        if (d[i].mStartOffset < 0 || d[i].mStartOffset > bytes ||
            d[i].mDataByteSize > bytes - d[i].mStartOffset)
            return cm_fail(cmParamError, "packet description %u lies outside the buffer", i);
    return noErr;
}

static OSStatus append_packets(cm_file *f, UInt32 *io_count, const AudioStreamPacketDescription *descriptions,
                               const char *buffer)
{
    OSStatus status = noErr;
    UInt32 done = 0;
    for (; status == noErr && done < *io_count; done++) {
        const AudioStreamPacketDescription *d = &descriptions[done];
        SInt64 at = f->data_bytes;
        UInt32 written = 0;
        status = write_data(f, at, d->mDataByteSize, buffer + d->mStartOffset, &written);
        if (status == noErr)
            status = cm_packet_table_add(&f->table, true, f->format.mFramesPerPacket == 0,
                                         f->data_offset + at, d->mDataByteSize, d->mVariableFramesInPacket);
        if (status != noErr) {
            f->data_bytes = at;
            break;
        }
        if (d->mDataByteSize > f->max_packet_size)
            f->max_packet_size = d->mDataByteSize;
        extend_info(f, cm_file_packet_frames(f, f->table.count - 1));
    }
    f->packet_count = f->table.count;
    *io_count = done;
    return status;
}

/* Refused before anything was written, so that the file is as good as before. */
static bool is_callers_mistake(OSStatus status)
{
    return status == cmParamError || status == kAudioFileInvalidPacketOffsetError ||
           status == kAudioFileOperationNotSupportedError;
}

OSStatus cm_file_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                               const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                               const void *buffer)
{
    SInt64 present = 0;
    UInt32 count = *io_count;
    OSStatus status = cm_file_check_writable(f);
    *io_count = 0;
    if (status == noErr && first < 0)
        status = kAudioFileInvalidPacketOffsetError;
    if (status != noErr || count == 0)
        return status;
    *io_count = count;
    if (f->container->write_packets) {
        f->dirty = true;
        status = f->container->write_packets(f, first, io_count, descriptions, bytes, buffer);
        if (!is_callers_mistake(status))
            f->write_status = status;
        return status;
    }
    if (!is_table(f))
        return write_constant(f, first, io_count, bytes, buffer);
    *io_count = 0;
    status = check_descriptions(descriptions, count, bytes);
    if (status == noErr)
        status = cm_file_count_packets(f, &present);
    if (status == noErr && first != present)
        status = cm_fail(kAudioFileInvalidPacketOffsetError,
                         "packets of varying size can only be added at the end");
    if (status != noErr)
        return status;
    *io_count = count;
    return after_write(f, append_packets(f, io_count, descriptions, buffer));
}

OSStatus cm_file_write_bytes(cm_file *f, SInt64 at, UInt32 *io_bytes, const void *buffer)
{
    UInt32 size = *io_bytes;
    *io_bytes = 0;
    OSStatus status = cm_file_check_writable(f);
    if (status != noErr)
        return status;
    if (f->container->write_packets || is_table(f))
        return cm_fail(kAudioFileOperationNotSupportedError, "this file is written by packets, not bytes");
    if (at < 0 || at > f->data_bytes)
        return kAudioFilePositionError;
    status = write_data(f, at, size, buffer, io_bytes);
    f->packet_count = -1;
    return after_write(f, status);
}

OSStatus cm_file_set_data_bytes(cm_file *f, UInt64 bytes)
{
    if (f->container->write_packets || bytes > (UInt64)f->data_bytes)
        return cm_fail(kAudioFileOperationNotSupportedError, "audio data can only be made shorter");
    OSStatus status = cm_file_check_writable(f);
    SInt64 count = 0;
    if (status == noErr)
        status = cm_file_count_packets(f, &count);
    if (status != noErr)
        return status;
    SInt64 end = f->data_offset + (SInt64)bytes;
    while (f->table.sizes && f->table.count > 0 &&
           f->table.offsets[f->table.count - 1] + f->table.sizes[f->table.count - 1] > end)
        f->table.count--;
    if (f->format.mBytesPerPacket && f->table.count > (SInt64)(bytes / f->format.mBytesPerPacket))
        f->table.count = (SInt64)(bytes / f->format.mBytesPerPacket);
    f->data_bytes = (SInt64)bytes;
    f->packet_count = is_table(f) ? f->table.count : -1;
    f->dirty = true;
    f->write_status = noErr;
    return cut_info(f);
}
