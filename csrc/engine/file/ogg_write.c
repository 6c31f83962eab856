/* ogg_write.c: making Ogg files: pages of packets, and bringing the last page and the headers up to date. */
#include "ogg.h"

#include "append.h"
#include "packet_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FULL_PAGE 4096u /* bytes; a page is ended when it has more than these */

OSStatus cm_ogg_accept(cm_file *f)
{
    cm_ogg *s = f->state;
    if (f->format.mFormatID == kAudioFormatOpus)
        s->head_changed = true; /* the priming stands in the first header */
    return noErr;
}

OSStatus cm_ogg_create(cm_file *f)
{
    cm_ogg *s = f->state = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    if (getrandom(&s->serial, sizeof s->serial, 0) != (ssize_t)sizeof s->serial)
        return cm_fail(kAudioFileUnspecifiedError, "no random number for the stream");
    bool is_opus = f->format.mFormatID == kAudioFormatOpus;
    Float64 rate = f->format.mSampleRate;
    if (is_opus && rate != 48000 && rate != 24000 && rate != 16000 && rate != 12000 && rate != 8000)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "Opus at %g Hz", rate);
    s->granule_scale = is_opus ? 48000 / rate : 1;
    s->codec.format = f->format.mFormatID;
    s->head_is_plain = true;
    f->data_offset = f->data_bytes = 0;
    f->packet_count = 0;
    return cm_ogg_new_comments(s);
}

OSStatus cm_ogg_cookie_changed(cm_file *f)
{
    cm_ogg *s = f->state;
    cm_span cookie = { CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) };
    s->head_changed = true;
    return cm_ogg_take_cookie(f, cookie);
}

/* ---- pages ---- */

static OSStatus write_page(cm_file *f, UInt8 flags, SInt64 granule, SInt64 *end)
{
    cm_ogg *s = f->state;
    cm_ogg_building *b = s->building;
    UInt8 *bytes = malloc(CM_OGG_PAGE_MOST);
    if (!bytes)
        return cmMemFullError;
    cm_ogg_page page = b->page;
    page.flags |= flags;
    page.granule = granule;
    size_t size = cm_ogg_page_make(&page, b->body, bytes);
    OSStatus status = cm_io_write(f->io, f->data_offset + b->offset, bytes, size);
    *end = b->offset + (SInt64)size;
    free(bytes);
    return status;
}

/* Packets on the page lie behind its segment table, whose length is known only now. */
static void settle_offsets(cm_file *f, UInt32 segments_before)
{
    cm_ogg *s = f->state;
    SInt64 by = (SInt64)s->building->page.segments - segments_before;
    SInt64 page = f->data_offset + s->building->offset;
    for (SInt64 i = f->table.count - 1; by != 0 && i >= 0 && f->table.offsets[i] >= page; i--)
        f->table.offsets[i] += by;
}

/* Ends the page: it is written, and an empty one follows. */
static OSStatus next_page(cm_file *f, bool goes_on)
{
    cm_ogg *s = f->state;
    cm_ogg_building *b = s->building;
    SInt64 end = 0;
    OSStatus status = write_page(f, 0, b->granule, &end);
    if (status != noErr)
        return status;
    b->offset = end;
    f->data_bytes = end;
    b->page = (cm_ogg_page){ .serial = s->serial,
                             .sequence = b->page.sequence + 1,
                             .flags = goes_on ? CM_OGG_CONTINUED : 0 };
    b->granule = -1;
    return noErr;
}

/* Puts a packet on the page, going on on further ones as needed. */
static OSStatus put_packet(cm_file *f, const UInt8 *bytes, UInt32 size, SInt64 *offset, SInt64 *spread)
{
    cm_ogg *s = f->state;
    cm_ogg_building *b = s->building;
    UInt32 at = 0;
    *spread = 0;
    for (bool more = true; more;) {
        if (b->page.segments == 255) {
            if (at > 0 && *spread == 0)
                *spread = f->data_offset + b->offset;
            OSStatus status = next_page(f, at > 0);
            if (status != noErr)
                return status;
        }
        if (at == 0)
            *offset = b->page.body;
        UInt32 left = size - at;
        UInt8 lacing = left < 255 ? (UInt8)left : 255;
        memcpy(b->body + b->page.body, bytes + at, lacing);
        b->page.lacing[b->page.segments++] = lacing;
        b->page.body += lacing;
        at += lacing;
        more = lacing == 255;
    }
    return noErr;
}

static OSStatus remember(cm_file *f, SInt64 offset, SInt64 spread, UInt32 size, UInt32 frames)
{
    cm_ogg *s = f->state;
    SInt64 index = f->table.count;
    if (index >= s->spread_room) {
        SInt64 room = index < 512 ? 1024 : index + index / 2;
        SInt64 *grown = realloc(s->spread, (size_t)room * sizeof *grown);
        if (!grown)
            return cmMemFullError;
        s->spread = grown;
        s->spread_room = room;
    }
    s->spread[index] = spread;
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    return cm_packet_table_add(&f->table, true, true, offset, size, frames);
}

static OSStatus add_packet(cm_file *f, const UInt8 *bytes, UInt32 size, UInt32 told_frames)
{
    cm_ogg *s = f->state;
    cm_ogg_building *b = s->building;
    /* What the packet says itself is in granules; that is what players count by. */
    UInt32 granules = cm_ogg_frames(&s->codec, bytes, size);
    UInt32 frames = told_frames ? told_frames : (UInt32)(granules / s->granule_scale);
    OSStatus status = noErr;
    if (b->page.body > FULL_PAGE)
        status = next_page(f, false);
    SInt64 place = 0, spread = 0, page_before = b->offset;
    UInt32 segments_before = b->page.segments;
    if (status == noErr)
        status = put_packet(f, bytes, size, &place, &spread);
    if (status != noErr)
        return status;
    bool same_page = b->offset == page_before;
    if (same_page)
        settle_offsets(f, segments_before);
    SInt64 head = spread ? 27 + 255 : 27 + (SInt64)b->page.segments;
    SInt64 page = spread ? spread : f->data_offset + b->offset;
    s->frames_written += granules;
    b->granule = s->frames_written;
    return remember(f, page + head + place, spread, size, frames);
}

static OSStatus begin_building(cm_file *f)
{
    cm_ogg *s = f->state;
    if (s->first.size == 0)
        return cm_fail(kAudioFileOperationNotSupportedError,
                       "set the magic cookie before the first packet: Ogg begins with it");
    OSStatus status = cm_ogg_write_head(f);
    if (status != noErr)
        return status;
    s->building = calloc(1, sizeof *s->building);
    if (!s->building)
        return cmMemFullError;
    s->building->page = (cm_ogg_page){ .serial = s->serial, .sequence = s->head_pages };
    s->building->granule = -1;
    s->codec.before = 0;
    return noErr;
}

OSStatus cm_ogg_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                              const void *buffer)
{
    cm_ogg *s = f->state;
    UInt32 count = *io_count;
    *io_count = 0;
    OSStatus status = cm_append_check(f, first, count, descriptions, bytes);
    if (status == noErr && !s->building)
        status = begin_building(f);
    for (UInt32 i = 0; status == noErr && i < count; i++) {
        const AudioStreamPacketDescription *d = &descriptions[i];
        status = add_packet(f, (const UInt8 *)buffer + d->mStartOffset, d->mDataByteSize,
                            d->mVariableFramesInPacket);
        if (status == noErr)
            ++*io_count;
    }
    f->packet_count = f->table.count;
    f->audio_changed = true;
    return status == noErr && !f->defer_sizes ? cm_ogg_flush(f) : status;
}

OSStatus cm_ogg_show_page(cm_file *f)
{
    cm_ogg *s = f->state;
    SInt64 end;
    return s->building && s->building->page.segments > 0 ? write_page(f, 0, s->building->granule, &end)
                                                         : noErr;
}

/* ---- bringing the file up to date ---- */

/* Where the audio ends, in granules: what the packets hold, or what is valid of it. */
static SInt64 end_granule(const cm_file *f)
{
    const cm_ogg *s = f->state;
    const AudioFilePacketTableInfo *info = &f->packet_info;
    /* Without either number the client told the priming alone. */
    if (!f->has_packet_info || (info->mNumberValidFrames == 0 && info->mRemainderFrames == 0))
        return s->frames_written;
    SInt64 end = info->mNumberValidFrames;
    if (f->format.mFormatID == kAudioFormatOpus)
        end = (SInt64)((Float64)(end + info->mPrimingFrames) * s->granule_scale);
    return end < s->frames_written ? end : s->frames_written;
}

OSStatus cm_ogg_flush(cm_file *f)
{
    cm_ogg *s = f->state;
    SInt64 end = f->data_bytes;
    OSStatus status = noErr;
    if (f->created && !s->building)
        status = begin_building(f);
    if (status == noErr && s->head_changed && f->created && f->cookie)
        status = cm_ogg_take_cookie(
            f, (cm_span){ CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) });
    if (status == noErr && s->head_changed)
        status = cm_ogg_write_head(f);
    if (status != noErr || !f->created)
        return status;
    status = write_page(f, CM_OGG_LAST, end_granule(f), &end);
    if (status == noErr)
        status = cm_io_set_size(f->io, f->data_offset + end);
    if (status == noErr) {
        f->data_bytes = end;
        f->dirty = false;
    }
    return status;
}
