#include "append.h"

#include "file.h"
#include "packet_table.h"

OSStatus cm_append_check(cm_file *f, SInt64 first, UInt32 count,
                         const AudioStreamPacketDescription *descriptions, UInt32 bytes)
{
    if (!f->created)
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "audio cannot be added to a %s file that exists%s", f->container->name,
                       f->container->write_info ? "; its tags can be changed" : "");
    if (first != f->table.count)
        return cm_fail(kAudioFileInvalidPacketOffsetError,
                       "packets of varying size can only be added at the end");
    if (!descriptions)
        return cm_fail(cmParamError, "packets of varying size need packet descriptions");
    for (UInt32 i = 0; i < count; i++) {
        const AudioStreamPacketDescription *d = &descriptions[i];
        if (d->mStartOffset < 0 || d->mStartOffset > bytes || d->mDataByteSize > bytes - d->mStartOffset)
            return cm_fail(cmParamError, "packet description %u lies outside the buffer", (unsigned)i);
    }
    return noErr;
}

/* Packets from i on that lie one behind the other in the buffer; *size is their bytes. */
static UInt32 run_length(const AudioStreamPacketDescription *d, UInt32 i, UInt32 count, UInt32 *size)
{
    UInt32 n = 1;
    *size = d[i].mDataByteSize;
    while (i + n < count && d[i + n].mStartOffset == d[i].mStartOffset + *size)
        *size += d[i + n++].mDataByteSize;
    return n;
}

OSStatus cm_append_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                           const AudioStreamPacketDescription *descriptions, UInt32 bytes, const void *buffer,
                           bool has_frames)
{
    UInt32 count = *io_count, done = 0, size;
    OSStatus status = cm_append_check(f, first, count, descriptions, bytes);
    while (status == noErr && done < count) {
        UInt32 n = run_length(descriptions, done, count, &size);
        SInt64 at = f->data_offset + f->data_bytes;
        const UInt8 *from = (const UInt8 *)buffer + descriptions[done].mStartOffset;
        status = cm_file_check_room(f, f->data_bytes + size, 0);
        if (status == noErr)
            status = cm_io_write(f->io, at, from, size);
        for (UInt32 i = 0; status == noErr && i < n; i++) {
            const AudioStreamPacketDescription *d = &descriptions[done + i];
            status = cm_packet_table_add(&f->table, true, has_frames, at, d->mDataByteSize,
                                         d->mVariableFramesInPacket);
            at += d->mDataByteSize;
            if (d->mDataByteSize > f->max_packet_size)
                f->max_packet_size = d->mDataByteSize;
        }
        if (status == noErr) {
            f->data_bytes += size;
            done += n;
        }
    }
    *io_count = done;
    f->packet_count = f->table.count;
    f->audio_changed = true;
    return status == noErr && !f->defer_sizes ? f->container->flush(f) : status;
}
