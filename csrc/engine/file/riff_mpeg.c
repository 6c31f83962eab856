/* riff_mpeg.c: MPEG audio in a WAVE file: packets are frames, found one by one. */
#include "riff.h"

#include "packet_table.h"

#define MOST_JUNK 65536 /* bytes without a frame before the data is given up */
#define HEAD 4          /* bytes of a frame's header */
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
    cm_riff *s = f->state;
    cm_window window;
    s->next = f->data_offset;
    if (f->data_bytes == 0)
        return noErr;
    cm_window_begin(&window, f->io, f->data_offset + f->data_bytes);
    bool found = cm_frame_find(&window, cm_frame_mpeg, &s->next, MOST_JUNK, NULL, &s->first);
    OSStatus status = window.status;
    cm_window_end(&window);
    if (status != noErr)
        return status;
    if (!found)
        return cm_fail(kAudioFileInvalidFileError, "there is no MPEG audio in the data chunk");
    f->format = s->first.format;
    if (f->bit_rate == 0)
        f->bit_rate = s->first.bit_rate;
    if (f->bit_rate)
        f->duration = 8.0 * (Float64)f->data_bytes / f->bit_rate;
    f->packet_info.mNumberValidFrames = fact_frames;
    f->has_packet_info = f->packet_info.mPrimingFrames > 0 && fact_frames > 0 && !cm_io_is_stream(f->io);
    f->grows = cm_io_is_stream(f->io);
    if (f->grows)
        cm_window_begin(&s->window, f->io, f->data_offset + f->data_bytes);
    return f->has_packet_info ? cm_riff_mpeg_scan(f) : noErr; /* only counting shows whether they are right */
}

static OSStatus add_frame(cm_file *f, SInt64 at, UInt32 size)
{
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    return cm_packet_table_add(&f->table, true, false, at, size, 0);
}

OSStatus cm_riff_mpeg_scan(cm_file *f)
{
    cm_window window;
    cm_frame frame, first;
    OSStatus status = noErr;
    SInt64 at = f->data_offset, end = at + f->data_bytes;
    cm_packet_table_free(&f->table);
    cm_window_begin(&window, f->io, end);
    bool found = cm_frame_find(&window, cm_frame_mpeg, &at, MOST_JUNK, NULL, &first);
    frame = first;
    while (status == noErr && found) {
        status = add_frame(f, at, frame.size);
        at += frame.size;
        found = cm_frame_next(&window, cm_frame_mpeg, HEAD, &at, &first, &frame);
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

OSStatus cm_riff_mpeg_more(cm_file *f, SInt64 packet)
{
    cm_riff *s = f->state;
    OSStatus status = noErr;
    s->window.status = noErr;
    while (status == noErr && packet >= f->table.count) {
        cm_frame frame;
        SInt64 at = s->next;
        if (!cm_frame_next(&s->window, cm_frame_mpeg, HEAD, &at, &s->first, &frame)) {
            if (s->window.status == noErr)
                f->packet_count = f->table.count;
            return s->window.status != noErr ? s->window.status : kAudioFileEndOfFileError;
        }
        status = add_frame(f, at, frame.size);
        s->next = at + frame.size;
    }
    return status;
}
