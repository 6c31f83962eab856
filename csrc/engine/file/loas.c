/*
 * loas.c: AAC in LATM in LOAS, a stream of frames that tell their configuration every now and then
 * (ISO/IEC 14496-3, 1.7). Reading begins with the first frame that tells it; frames of any other
 * configuration are passed over. The format has no place for tags, nor for how much of the first and last
 * packet is sound.
 */
#include "loas.h"

#include "coded_layout.h"
#include "file.h"
#include "forward.h"
#include "packet_table.h"
#include "../format/cookie.h"

#include <stdlib.h>
#include <string.h>

#define MOST_JUNK ((SInt64)1 << 18) /* bytes without a frame before the file is given up */
#define ESTIMATE_FRAMES 64

/* ---- from frame to frame ---- */

typedef struct walk {
    cm_window *w;
    SInt64 at;    /* where to look for the next frame */
    SInt64 frame; /* the current one */
    cm_latm_config config;
    cm_latm_payload payloads[CM_LATM_PAYLOADS];
    bool is_lost;       /* it is not known that a frame begins at `at` */
    UInt32 count, next; /* payloads in the frame; the one that comes next */
} walk;

/* The size of the frame at a place, which is whole; 0 when there is none. */
static UInt32 size_at(cm_window *w, SInt64 at)
{
    size_t have;
    const UInt8 *head = cm_window_look(w, at, CM_LOAS_HEAD, &have);
    UInt32 size = head ? cm_loas_size(head) : 0;
    return size && cm_window_look(w, at, size, &have) ? size : 0;
}

/* What follows a frame that was searched for must be one too, or the end. */
static UInt32 confirmed_size_at(cm_window *w, SInt64 at)
{
    UInt32 size = size_at(w, at);
    size_t have;
    bool last = size && !cm_window_look(w, at + size, CM_LOAS_HEAD, &have);
    return last || (size && size_at(w, at + size)) ? size : 0;
}

/* The next frame, behind junk if need be. False at the end. */
static bool next_frame(walk *k, UInt32 *size)
{
    *size = k->is_lost ? 0 : size_at(k->w, k->at);
    for (SInt64 limit = k->at + MOST_JUNK; *size == 0; k->at++) {
        size_t have;
        const UInt8 *bytes = cm_window_look(k->w, k->at, CM_LOAS_HEAD, &have);
        if (!bytes || k->at >= limit)
            return false;
        *size = bytes[0] == 0x56 ? confirmed_size_at(k->w, k->at) : 0;
        if (*size)
            break;
    }
    k->is_lost = false;
    k->frame = k->at;
    k->at += *size;
    return true;
}

/* The payloads of the next frame; kAudioFileEndOfFileError behind the last. Damaged ones have none. */
static OSStatus read_frame(walk *k)
{
    UInt32 size;
    size_t have;
    k->count = k->next = 0;
    if (!next_frame(k, &size))
        return k->w->status != noErr ? k->w->status : kAudioFileEndOfFileError;
    const UInt8 *bytes = cm_window_look(k->w, k->frame, size, &have);
    if (!bytes)
        return kAudioFileEndOfFileError;
    OSStatus status = cm_latm_parse(bytes + CM_LOAS_HEAD, size - CM_LOAS_HEAD, &k->config, k->payloads,
                                    &k->count);
    return status == kAudioFileInvalidFileError ? noErr : status;
}

/* The next packet of the file's configuration. */
static OSStatus next_payload(walk *k, const cm_latm_config *like, cm_latm_payload *payload)
{
    for (;;) {
        while (k->next < k->count) {
            *payload = k->payloads[k->next++];
            payload->bit += 8 * (size_t)CM_LOAS_HEAD;
            if (payload->size > 0)
                return noErr;
        }
        OSStatus status = read_frame(k);
        if (status != noErr && status != kAudioFileUnsupportedDataFormatError)
            return status;
        if (!cm_latm_same(&k->config, like))
            k->count = 0;
    }
}

/* ---- opening ---- */

static OSStatus set_format(cm_file *f, const cm_latm_config *config)
{
    AudioStreamBasicDescription formats[3];
    cm_aac_config parsed;
    UInt8 cookie[CM_AAC_CONFIG_MAX + CM_ESDS_OVERHEAD];
    OSStatus status = cm_aac_config_parse(config->audio, config->audio_size, &parsed);
    if (status != noErr || parsed.channels == 0)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "%s: AAC of an unknown number of channels",
                       cm_io_path(f->io));
    cm_aac_formats(&parsed, formats);
    f->format = formats[0];
    size_t size = cm_cookie_write_esds(0x40, 768 * parsed.channels, 0, 0,
                                       (cm_span){ config->audio, config->audio_size }, cookie);
    f->cookie = CFDataCreate(NULL, cookie, (CFIndex)size);
    if (!f->cookie)
        return cmMemFullError;
    return cm_set_layout_tag(f, cm_coded_layout_tag(f->format.mFormatID, f->format.mChannelsPerFrame));
}

/* How long the file is, if its first frames are like the others. */
static void estimate(cm_file *f, walk *k)
{
    UInt64 bytes = 0, packets = 0;
    if (cm_io_is_stream(f->io))
        return;
    for (int i = 0; i < ESTIMATE_FRAMES; i++) {
        bytes += (UInt64)(k->at - k->frame);
        packets += k->count;
        if (read_frame(k) != noErr)
            break;
    }
    Float64 seconds = (Float64)packets * f->format.mFramesPerPacket / f->format.mSampleRate;
    f->bit_rate = seconds > 0 ? (UInt32)(8 * (Float64)bytes / seconds) : 0;
    f->duration = bytes > 0 ? seconds * (Float64)f->data_bytes / (Float64)bytes : 0;
}

static OSStatus open_window(cm_file *f, cm_window *w)
{
    cm_loas *s = f->state;
    walk k = { .w = w };
    OSStatus status = noErr;
    while (status == noErr && k.config.audio_size == 0)
        status = k.at > MOST_JUNK ? kAudioFileEndOfFileError : read_frame(&k);
    if (status == kAudioFileEndOfFileError)
        return cm_fail(kAudioFileInvalidFileError, "%s: no LOAS frame that tells its configuration",
                       cm_io_path(f->io));
    if (status != noErr)
        return status;
    s->config = k.config;
    f->data_offset = k.frame;
    f->data_bytes = w->end - k.frame;
    status = set_format(f, &k.config);
    if (status == noErr)
        estimate(f, &k);
    return status;
}

static OSStatus loas_open(cm_file *f)
{
    cm_window w;
    f->state = calloc(1, sizeof(cm_loas));
    if (!f->state)
        return cmMemFullError;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    OSStatus status = open_window(f, &w);
    cm_window_end(&w);
    return status;
}

static void loas_close(cm_file *f)
{
    cm_loas *s = f->state;
    if (s)
        free(s->bits);
    free(s);
    f->state = NULL;
}

/* ---- packets ---- */

OSStatus cm_loas_add(cm_file *f, SInt64 frame, size_t bit, UInt32 size)
{
    cm_loas *s = f->state;
    SInt64 index = f->table.count;
    if (index >= s->bits_room) {
        SInt64 room = index < 512 ? 1024 : index + index / 2;
        UInt8 *grown = realloc(s->bits, (size_t)room);
        if (!grown)
            return cmMemFullError;
        s->bits = grown;
        s->bits_room = room;
    }
    s->bits[index] = bit % 8;
    if (size > f->max_packet_size)
        f->max_packet_size = size;
    return cm_packet_table_add(&f->table, true, false, frame + (SInt64)(bit / 8), size, 0);
}

static OSStatus loas_scan(cm_file *f)
{
    const cm_loas *s = f->state;
    cm_latm_payload payload;
    cm_window w;
    cm_window_begin(&w, f->io, f->data_offset + f->data_bytes);
    walk k = { .w = &w, .at = f->data_offset };
    f->table.count = 0;
    f->max_packet_size = 0;
    OSStatus status;
    while ((status = next_payload(&k, &s->config, &payload)) == noErr) {
        status = cm_loas_add(f, k.frame, payload.bit, payload.size);
        if (status != noErr)
            break;
    }
    cm_window_end(&w);
    if (status != kAudioFileEndOfFileError)
        f->table.count = 0;
    f->packet_count = f->table.count;
    return status == kAudioFileEndOfFileError ? noErr : status;
}

static OSStatus read_some(cm_file *f, SInt64 first, UInt32 *io_count,
                          AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, UInt8 *buffer)
{
    const cm_loas *s = f->state;
    UInt32 done = 0, used = 0;
    OSStatus status = noErr;
    cm_window w;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    for (; done < *io_count && f->table.sizes[first + done] <= *io_bytes - used; done++) {
        UInt32 size = f->table.sizes[first + done];
        unsigned bit = s->bits[first + done];
        size_t have;
        const UInt8 *bytes = cm_window_look(&w, f->table.offsets[first + done], size + (bit > 0), &have);
        if (!bytes) {
            status = w.status != noErr ? w.status : kAudioFileEndOfFileError;
            break;
        }
        cm_latm_copy(bytes, bit, size, buffer + used);
        if (descriptions)
            cm_file_describe(f, &descriptions[done], used, size, f->format.mFramesPerPacket);
        used += size;
    }
    cm_window_end(&w);
    bool too_small = done == 0 && status == noErr;
    *io_count = done;
    *io_bytes = used;
    if (too_small)
        return cm_fail(cmParamError, "the buffer cannot take a packet of %u bytes",
                       (unsigned)f->table.sizes[first]);
    return done > 0 ? noErr : status;
}

static OSStatus loas_read_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                                  AudioStreamPacketDescription *descriptions, UInt32 *io_bytes, void *buffer)
{
    SInt64 count = 0;
    OSStatus status = cm_file_count_packets(f, &count);
    if (status == noErr && first >= count)
        status = kAudioFileEndOfFileError;
    if (status == noErr && *io_count > count - first)
        *io_count = (UInt32)(count - first);
    if (status == noErr && *io_count > 0)
        return read_some(f, first, io_count, descriptions, io_bytes, buffer);
    *io_count = *io_bytes = 0;
    return status;
}

static OSStatus loas_next_packet(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    cm_loas *s = f->state;
    cm_latm_payload payload;
    OSStatus status = noErr;
    cm_forward_begin(f, place);
    if (!place->own && !(place->own = calloc(1, sizeof(walk))))
        return cmMemFullError;
    walk *k = place->own;
    if (!k->w) /* the first packet, or behind a jump: frames need not tell the configuration again */
        *k = (walk){ .at = place->at, .config = s->config, .is_lost = s->is_begun };
    s->is_begun = true;
    k->w = &place->window;
    status = next_payload(k, &s->config, &payload);
    if (status == noErr)
        status = cm_forward_take(f, place, k->frame + (SInt64)(payload.bit / 8),
                                 payload.size + (payload.bit % 8 > 0), packet);
    if (status != noErr)
        return status;
    cm_latm_copy(place->bytes, payload.bit % 8, payload.size, place->bytes);
    packet->size = payload.size;
    packet->frames = f->format.mFramesPerPacket;
    place->at = k->next < k->count ? k->frame : k->at;
    return noErr;
}

/* ---- the container ---- */

enum { PLAUSIBLE = 50, HINTED = 10, ROW = 3 };

/* Frames in a row at a place of the head; the last may be cut off. */
static int frames_at(const UInt8 *head, size_t size, size_t at, bool *configured)
{
    int count = 0;
    while (count < ROW && size - at >= CM_LOAS_HEAD) {
        cm_latm_config config = { .audio_size = 0 };
        cm_latm_payload payloads[CM_LATM_PAYLOADS];
        UInt32 frame = cm_loas_size(head + at), payload_count;
        if (frame == 0)
            return 0;
        count++;
        if (frame > size - at)
            break;
        if (cm_latm_parse(head + at + CM_LOAS_HEAD, frame - CM_LOAS_HEAD, &config, payloads,
                          &payload_count) == noErr)
            *configured = *configured || payload_count > 0;
        at += frame;
    }
    return count;
}

static AudioFileTypeID loas_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    bool hinted = hint == kAudioFileLATMInLOASType, configured = false;
    int most = 0;
    for (size_t at = 0; at + CM_LOAS_HEAD <= size && at < (hinted ? 1024u : 1u) && most < 2; at++)
        most = frames_at(head, size, at, &configured);
    *score = hinted ? HINTED : 0;
    if (most == ROW || (most > 0 && configured))
        *score += PLAUSIBLE;
    return *score > 0 && size > 0 ? kAudioFileLATMInLOASType : 0;
}

static const char *const extensions[] = { "loas", "latm", "xhe", NULL };
static const char *const mime_types[] = { "audio/aac-loas", NULL };
static const char *const utis[] = { NULL };
static const UInt32 hfs_types[] = { 'loas', 0 };
static const AudioFormatID formats[] = { kAudioFormatMPEG4AAC,       kAudioFormatMPEG4AAC_HE,
                                         kAudioFormatMPEG4AAC_HE_V2, kAudioFormatMPEG4AAC_LD,
                                         kAudioFormatMPEG4AAC_ELD,   kAudioFormatMPEG4AAC_ELD_SBR,
                                         kAudioFormatMPEGD_USAC,     0 };
static const cm_file_type types[] = {
    { .id = kAudioFileLATMInLOASType,
      .name = "LATM/LOAS",
      .extensions = extensions,
      .mime_types = mime_types,
      .utis = utis,
      .hfs_types = hfs_types,
      .readable = formats,
      .writable = formats },
};

/* The cookie stands in the packets. */
static bool can_change(const cm_file *f, AudioFilePropertyID id)
{
    (void)id;
    return f->created && f->table.count == 0;
}

const cm_container cm_container_loas = {
    .name = "LOAS",
    .types = types,
    .type_count = 1,
    .needs_packets = true,
    .probe = loas_probe,
    .open = loas_open,
    .create = cm_loas_create,
    .flush = cm_loas_flush,
    .close = loas_close,
    .scan_packets = loas_scan,
    .read_packets = loas_read_packets,
    .next_packet = loas_next_packet,
    .write_packets = cm_loas_write_packets,
    .cookie_changed = cm_loas_cookie_changed,
    .can_change = can_change,
};
