/* riff_mpeg.c: MPEG audio in a WAVE file: packets are frames, found one by one. */
#include "riff.h"

#include "framing.h"
#include "packet_table.h"

#define MOST_JUNK 65536 /* bytes without a frame before the data is given up */

OSStatus cm_riff_mpeg_open(cm_file *f)
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
    return noErr;
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
    return status;
}
