/* framed.c: reading: where the audio begins and ends, what it is, and where its packets are. */
#include "framed.h"

#include "aac_layers.h"
#include "coded_layout.h"
#include "forward.h"
#include "id3.h"
#include "packet_table.h"
#include "../base/bytes.h"
#include "../format/aac_config.h"
#include "../format/cookie.h"

#include <stdlib.h>
#include <string.h>

#define MOST_JUNK ((SInt64)1 << 18) /* bytes without a frame before the file is given up */
#define MOST_TAGS CM_FRAMED_MOST_TAGS
#define MOST_JOINED 64 /* dependent frames of a packet */
#define ESTIMATE_BYTES ((SInt64)1 << 16)

OSStatus cm_framed_accept(cm_file *f)
{
    (void)f;
    return noErr;
}

void cm_framed_close(cm_file *f)
{
    cm_framed *s = f->state;
    if (!s)
        return;
    if (s->tag)
        CFRelease(s->tag);
    free(s->tail);
    free(s);
    f->state = NULL;
}

static OSStatus new_state(cm_file *f, const cm_framed_kind *kind)
{
    cm_framed *s = calloc(1, sizeof *s);
    f->state = s;
    if (!s)
        return cmMemFullError;
    s->kind = kind;
    return noErr;
}

/* ---- before the audio ---- */

/* Tags at the start; more than one is a mistake of taggers that players forgive. */
static SInt64 pass_tags(cm_window *w)
{
    SInt64 at = 0;
    for (int i = 0; i < MOST_TAGS; i++) {
        size_t have;
        const UInt8 *head = cm_window_look(w, at, CM_ID3_HEAD_SIZE, &have);
        size_t size = head && memcmp(head, "ID3", 3) == 0 ? cm_id3_size(head, CM_ID3_HEAD_SIZE) : 0;
        if (size == 0 || (SInt64)size > w->end - at)
            break;
        at += (SInt64)size;
    }
    return at;
}

/* ---- what the audio is ---- */

/* The information frame of MP3 files, if the first frame is one. */
static OSStatus take_xing(cm_file *f, cm_window *w, SInt64 *at)
{
    cm_framed *s = f->state;
    size_t have;
    const UInt8 *bytes = cm_window_look(w, *at, s->first.size, &have);
    if (!s->kind->has_xing || !bytes || !cm_xing_read(bytes, &s->first, &s->xing))
        return noErr;
    s->has_xing = true;
    s->xing_size = s->first.size;
    *at += s->first.size;
    cm_frame like = s->first;
    if (*at >= w->end || !cm_frame_find(w, s->kind->parse, at, MOST_JUNK, &like, &s->first)) {
        s->first = like; /* a file without audio */
        *at = w->end;
    }
    return noErr;
}

static void set_gapless(cm_file *f, SInt64 packets)
{
    const cm_framed *s = f->state;
    if (!s->has_xing || !s->xing.has_delay || packets == 0)
        return;
    SInt64 total = packets * f->format.mFramesPerPacket;
    SInt64 priming = (SInt64)s->xing.delay + CM_MP3_DECODER_DELAY;
    SInt64 remainder = (SInt64)s->xing.padding - CM_MP3_DECODER_DELAY;
    if (remainder < 0)
        remainder = 0;
    if (priming + remainder > total)
        return;
    f->has_packet_info = true;
    f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = total - priming - remainder,
                                                 .mPrimingFrames = (SInt32)priming,
                                                 .mRemainderFrames = (SInt32)remainder };
}

/* Average bit rate of the first frames; it is the file's when the rate is constant. */
static UInt32 average_bit_rate(const cm_framed *s, cm_window *w, SInt64 at)
{
    UInt64 sum = 0;
    UInt32 count = 0;
    cm_frame frame;
    for (SInt64 stop = at + ESTIMATE_BYTES; at < stop; at += frame.size) {
        size_t have;
        const UInt8 *head = cm_window_look(w, at, CM_FRAME_HEAD, &have);
        if (!head || !s->kind->parse(head, have, &frame) || frame.key != s->first.key)
            break;
        UInt64 bits = (UInt64)frame.size * 8;
        sum += frame.bit_rate ? frame.bit_rate
                              : bits * (UInt64)frame.format.mSampleRate / frame.format.mFramesPerPacket;
        count++;
    }
    return count ? (UInt32)(sum / count) : s->first.bit_rate;
}

static void estimate(cm_file *f, cm_window *w)
{
    const cm_framed *s = f->state;
    if (s->has_xing && s->xing.packets && !s->is_cut) {
        f->duration = (Float64)s->xing.packets * f->format.mFramesPerPacket / f->format.mSampleRate;
        bool sized = !cm_io_is_stream(f->io) && f->duration > 0;
        f->bit_rate = sized && s->xing.is_variable
                          ? (UInt32)(8.0 * (Float64)f->data_bytes / f->duration + 0.5)
                          : s->first.bit_rate;
        return;
    }
    f->bit_rate = cm_io_is_stream(f->io) ? s->first.bit_rate : average_bit_rate(s, w, f->data_offset);
    f->duration = f->bit_rate && !cm_io_is_stream(f->io) ? 8.0 * (Float64)f->data_bytes / f->bit_rate : 0;
}

/* ADTS headers carry all of an AudioSpecificConfig. */
static OSStatus make_cookie(cm_file *f)
{
    const cm_framed *s = f->state;
    UInt8 bytes[CM_AAC_CONFIG_MAX], cookie[CM_AAC_CONFIG_MAX + CM_ESDS_OVERHEAD];
    if (f->format.mFormatID != kAudioFormatMPEG4AAC)
        return noErr;
    UInt32 channels = s->first.format.mChannelsPerFrame;
    cm_aac_config config = { .object_type = s->first.config,
                             .rate = (UInt32)s->first.format.mSampleRate,
                             .channels = channels,
                             .channel_config = cm_aac_channel_config(channels),
                             .frames_per_packet = 1024 };
    size_t size = cm_aac_config_write(&config, NULL, bytes);
    size = cm_cookie_write_esds(0x40, 768 * channels, 0, 0, (cm_span){ bytes, size }, cookie);
    f->cookie = CFDataCreate(NULL, cookie, (CFIndex)size);
    return f->cookie ? noErr : cmMemFullError;
}

static OSStatus no_audio(const cm_file *f)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: no %s frame where the audio should begin",
                   cm_io_path(f->io), f->container->name);
}

/* Behind a magic string a frame is one, and so is an information frame; others must be followed by more of
 * their kind. */
static bool first_frame(cm_framed *s, cm_window *w, SInt64 *at)
{
    size_t have;
    cm_xing xing;
    const UInt8 *head = cm_window_look(w, *at, s->kind->head, &have);
    if (head && s->kind->parse(head, have, &s->first) && s->first.size <= w->end - *at) {
        const UInt8 *frame = s->kind->has_xing ? cm_window_look(w, *at, s->first.size, &have) : NULL;
        if (*s->kind->magic || (frame && have >= s->first.size && cm_xing_read(frame, &s->first, &xing)))
            return true;
    }
    bool found = cm_frame_find(w, s->kind->parse, at, MOST_JUNK, NULL, &s->first);
    for (int i = 0; found && s->first.joins && i < MOST_JOINED; i++) { /* of a packet that is not there */
        cm_frame before = s->first;
        *at += before.size;
        found = cm_frame_next(w, s->kind->parse, s->kind->head, at, &before, &s->first);
    }
    return found;
}

static OSStatus open_window(cm_file *f, cm_window *w, SInt64 at)
{
    cm_framed *s = f->state;
    if (!first_frame(s, w, &at))
        return w->status != noErr ? w->status : no_audio(f);
    f->format = s->first.format;
    OSStatus status = take_xing(f, w, &at);
    size_t have;
    const UInt8 *head = cm_window_look(w, at, 4, &have);
    if (head)
        memcpy(s->head, head, 4);
    f->data_offset = at;
    f->data_bytes = w->end - at;
    if (status == noErr)
        status = make_cookie(f);
    if (status == noErr && cm_aac_is_open(f)) {
        const UInt8 *frame = cm_window_look(w, at, s->first.size, &have);
        if (frame && have >= s->first.size)
            status = cm_aac_find_layers(f, frame + s->first.skip, s->first.size - s->first.skip);
    }
    s->is_cut = s->xing.bytes > s->xing_size + f->data_bytes && !cm_io_is_stream(f->io);
    if (!s->is_cut)
        set_gapless(f, s->xing.packets);
    estimate(f, w);
    return status;
}

/* As the first frame says, or, in a richer layer than its own, as that is. */
static OSStatus set_layout(cm_file *f)
{
    const cm_frame *first = &((cm_framed *)f->state)->first;
    return cm_set_layout_tag(f, f->format.mFormatID == first->format.mFormatID
                                    ? first->layout
                                    : cm_coded_layout_tag(f->format.mFormatID, f->format.mChannelsPerFrame));
}

OSStatus cm_framed_open(cm_file *f, const cm_framed_kind *kind)
{
    OSStatus status = new_state(f, kind);
    SInt64 size = cm_io_size(f->io), end = size;
    size_t magic = strlen(kind->magic);
    cm_window w;
    cm_window_begin(&w, f->io, size);
    SInt64 from = pass_tags(&w);
    size_t have;
    const UInt8 *head = cm_window_look(&w, from, magic, &have);
    if (status == noErr && (!head || memcmp(head, kind->magic, magic) != 0))
        status = no_audio(f);
    if (status == noErr && from > 0)
        status = cm_framed_read_tag(f, (size_t)from);
    if (status == noErr && kind->has_tags && !cm_io_is_stream(f->io))
        status = cm_framed_find_tail(f, from, size, &end);
    w.end = end;
    if (status == noErr)
        status = open_window(f, &w, from + (SInt64)magic);
    cm_window_end(&w);
    if (status == noErr)
        status = set_layout(f);
    if (status == noErr)
        status = cm_framed_read_smpb(f);
    /* Only counting shows whether the numbers are still right. */
    const cm_framed *s = f->state;
    bool doubtful = (s->has_smpb || s->is_cut) && !cm_io_is_stream(f->io);
    return status == noErr && doubtful ? cm_framed_scan(f) : status;
}

/* ---- packets ---- */

static OSStatus add_frame(cm_file *f, const cm_frame *frame, SInt64 at)
{
    cm_packet_table *t = &f->table;
    UInt32 size = frame->size - frame->skip;
    if (frame->joins && t->count > 0 && t->offsets[t->count - 1] + t->sizes[t->count - 1] == at)
        size = t->sizes[t->count - 1] += frame->size;
    else if (!frame->joins) {
        OSStatus status = cm_packet_table_add(t, true, false, at + frame->skip, size, 0);
        if (status != noErr)
            return status;
    }
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    return noErr;
}

/* The frame at a place, or the next one behind junk. False at the end. */
static bool frame_at(const cm_framed *s, cm_window *w, SInt64 *at, cm_frame *frame)
{
    if (!*s->kind->magic)
        return cm_frame_next(w, s->kind->parse, s->kind->head, at, &s->first, frame);
    /* AMR's frames have no sync word: nothing can be looked for in one that is cut off. */
    size_t have;
    const UInt8 *head = cm_window_look(w, *at, s->kind->head, &have);
    if (head && s->kind->parse(head, have, frame))
        return frame->size <= w->end - *at;
    return w->end > *at && cm_frame_find(w, s->kind->parse, at, w->end - *at, &s->first, frame);
}

static OSStatus walk(cm_file *f, cm_window *w)
{
    const cm_framed *s = f->state;
    OSStatus status = noErr;
    cm_frame frame;
    for (SInt64 at = f->data_offset; status == noErr && at < w->end; at += frame.size) {
        if (!frame_at(s, w, &at, &frame))
            break;
        status = add_frame(f, &frame, at);
    }
    return status != noErr ? status : w->status;
}

/*
 * E-AC-3: dependent frames belong to the packet of the frame before them. How many there are the first packet
 * of a stream shows, by what follows it; from then on a packet is whole with as many. Where they become more,
 * the packet that is the first to have them goes without, since it was given away.
 */
typedef struct pattern {
    bool known;
    UInt32 joined;
} pattern;

static OSStatus gather_joined(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    const cm_framed *s = f->state;
    pattern *p = place->own;
    cm_frame more;
    UInt32 count = 0;
    OSStatus status = noErr;
    while (status == noErr && !(p->known && count == p->joined) &&
           frame_at(s, &place->window, &place->at, &more) && more.joins) {
        status = cm_forward_gather(f, place, packet->size, place->at, more.size);
        packet->bytes = place->bytes;
        packet->size += more.size;
        place->at += more.size;
        count++;
    }
    *p = (pattern){ .known = true, .joined = count };
    return status;
}

OSStatus cm_framed_next(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    const cm_framed *s = f->state;
    cm_frame frame;
    cm_forward_begin(f, place);
    if (!place->own && !(place->own = calloc(1, sizeof(pattern))))
        return cmMemFullError;
    SInt64 at = place->at;
    do {
        if (!frame_at(s, &place->window, &at, &frame))
            return place->window.status != noErr ? place->window.status : kAudioFileEndOfFileError;
        at += frame.size;
        if (frame.joins)
            ((pattern *)place->own)->known = false;
    } while (frame.joins);
    OSStatus status = cm_forward_take(f, place, at - frame.size + frame.skip, frame.size - frame.skip,
                                      packet);
    place->at = at;
    if (status == noErr && s->first.format.mFormatID == kAudioFormatEnhancedAC3)
        status = gather_joined(f, place, packet);
    packet->frames = f->format.mFramesPerPacket;
    return status;
}

/* The tag's numbers, if they can be those of the audio. Of a file that another was added to all is sound; one
 * that was cut ends where it ends. */
static void set_told_ends(cm_file *f)
{
    const cm_smpb *told = &((const cm_framed *)f->state)->smpb;
    SInt64 total = f->packet_count * f->format.mFramesPerPacket, after = total - (SInt64)told->priming;
    f->has_packet_info = after >= 0 && told->priming <= INT32_MAX;
    if (!f->has_packet_info)
        return;
    bool is_other = told->valid > (UInt64)after || (UInt64)after - told->valid > told->remainder;
    SInt64 valid = is_other ? after : (SInt64)told->valid;
    f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = valid,
                                                 .mPrimingFrames = (SInt32)told->priming,
                                                 .mRemainderFrames = (SInt32)(after - valid) };
}

OSStatus cm_framed_scan(cm_file *f)
{
    const cm_framed *s = f->state;
    cm_window w;
    cm_window_begin(&w, f->io, f->data_offset + f->data_bytes);
    f->table.count = 0;
    f->max_packet_size = 0;
    OSStatus status = s->first.size ? walk(f, &w) : noErr;
    cm_window_end(&w);
    if (status != noErr) {
        f->table.count = 0;
        return status;
    }
    f->packet_count = f->table.count;
    if (s->has_smpb) {
        set_told_ends(f);
    } else if (f->packet_count != s->xing.packets) {
        f->has_packet_info = false; /* cut off, or written on: the encoder's count is not the file's */
        set_gapless(f, f->packet_count);
        if (f->has_packet_info && f->packet_count < s->xing.packets) {
            f->packet_info.mNumberValidFrames += f->packet_info.mRemainderFrames;
            f->packet_info.mRemainderFrames = 0;
        }
    }
    return noErr;
}
