/* riff_mpeg.c: MPEG audio in a WAVE file: packets are frames, found one by one. */
#include "riff.h"

#include "framing.h"
#include "packet_table.h"

#define MOST_JUNK 65536 /* bytes without a frame before the data is given up */
#define MOST_FILLER 2   /* packets, with the last one: what an encoder adds at the end */

/* The numbers of the format and fact chunks hold if the packets bear them out; of other programs they are
 * often made up, and all is sound then. */
static void check_ends(cm_file *f)
{
    AudioFilePacketTableInfo *info = &f->packet_info;
    SInt64 total = f->packet_count * f->format.mFramesPerPacket;
    SInt64 rest = total - info->mPrimingFrames - info->mNumberValidFrames;
    f->has_packet_info = rest >= 0 && rest <= MOST_FILLER * f->format.mFramesPerPacket;
    *info = f->has_packet_info ? (AudioFilePacketTableInfo){ .mNumberValidFrames = info->mNumberValidFrames,
                                                             .mPrimingFrames = info->mPrimingFrames,
                                                             .mRemainderFrames = (SInt32)rest }
                               : (AudioFilePacketTableInfo){ 0 };
}

OSStatus cm_riff_mpeg_open(cm_file *f, SInt64 fact_frames)
{
    cm_window window;
    cm_frame first;
    SInt64 at = f->data_offset;
    if (f->data_bytes == 0)
        return noErr;
    cm_window_begin(&window, f->io, at + f->data_bytes);
    bool found = cm_frame_find(&window, cm_frame_mpeg, &at, MOST_JUNK, NULL, &first);
    OSStatus status = window.status;
    cm_window_end(&window);
    if (status != noErr)
        return status;
    if (!found)
        return cm_fail(kAudioFileInvalidFileError, "there is no MPEG audio in the data chunk");
    f->format = first.format;
    if (f->bit_rate == 0)
        f->bit_rate = first.bit_rate;
    if (f->bit_rate)
        f->duration = 8.0 * (Float64)f->data_bytes / f->bit_rate;
    f->packet_info.mNumberValidFrames = fact_frames;
    f->has_packet_info = f->packet_info.mPrimingFrames > 0 && fact_frames > 0 && !cm_io_is_stream(f->io);
    return f->has_packet_info ? cm_riff_mpeg_scan(f) : noErr; /* only counting shows whether they are right */
}

OSStatus cm_riff_mpeg_scan(cm_file *f)
{
    cm_window window;
    cm_frame frame, first;
    const cm_frame *like = NULL;
    OSStatus status = noErr;
    SInt64 at = f->data_offset, end = at + f->data_bytes;
    cm_packet_table_free(&f->table);
    cm_window_begin(&window, f->io, end);
    while (status == noErr && cm_frame_find(&window, cm_frame_mpeg, &at, MOST_JUNK, like, &frame)) {
        if (at + frame.size > end)
            break;
        if (!like)
            first = frame;
        like = &first;
        status = cm_packet_table_add(&f->table, true, false, at, frame.size, 0);
        if (frame.size > f->max_packet_size)
            f->max_packet_size = frame.size;
        at += frame.size;
    }
    if (status == noErr)
        status = window.status;
    cm_window_end(&window);
    if (status == noErr)
        f->packet_count = f->table.count;
    if (status == noErr && f->has_packet_info)
        check_ends(f);
    return status;
}
