/* flac.c: native FLAC files (RFC 9639): metadata blocks, then frames. */
#include "flac.h"

#include "forward.h"

#include "artwork.h"
#include "coded_layout.h"
#include "../codec/flac_frame.h"
#include "id3.h"
#include "packet_table.h"
#include "window.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_HEAD 4
#define MOST_BLOCKS 4096
#define MOST_PACKET ((SInt64)1 << 24)

cm_flac_block *cm_flac_find(const cm_flac *s, UInt8 type)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->blocks[i].type == type)
            return &s->blocks[i];
    return NULL;
}

OSStatus cm_flac_load(cm_file *f, cm_flac_block *block)
{
    if (block->bytes)
        return noErr;
    block->bytes = malloc(block->size ? block->size : 1);
    OSStatus status = block->bytes ? cm_io_read_all(f->io, block->offset, block->bytes, block->size)
                                   : cmMemFullError;
    if (status != noErr) {
        free(block->bytes);
        block->bytes = NULL;
    }
    return status;
}

static OSStatus add_block(cm_flac *s, cm_flac_block block)
{
    cm_flac_block *grown = realloc(s->blocks, (s->count + 1) * sizeof *grown);
    if (!grown)
        return cmMemFullError;
    s->blocks = grown;
    grown[s->count++] = block;
    return noErr;
}

OSStatus cm_flac_give(cm_flac *s, UInt8 type, UInt8 *bytes, size_t size)
{
    cm_flac_block *block = cm_flac_find(s, type);
    OSStatus status = noErr;
    if (size >= 1u << 24)
        status = cm_fail(kAudioFileBadPropertySizeError, "a metadata block of FLAC holds less than 16 MiB");
    else if (block) {
        free(block->bytes);
        block->bytes = bytes;
        block->size = (UInt32)size;
    } else
        status = add_block(s, (cm_flac_block){ .type = type, .size = (UInt32)size, .bytes = bytes });
    if (status != noErr)
        free(bytes);
    s->changed = true;
    return status;
}

static void flac_close(cm_file *f)
{
    cm_flac *s = f->state;
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->blocks[i].bytes);
    free(s->blocks);
    free(s);
    f->state = NULL;
}

/* ---- opening ---- */

static AudioFileTypeID flac_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    size_t tag = cm_id3_size(head, size);
    bool hinted = hint == kAudioFileFLACType;
    bool magic = size >= 4 && memcmp(head, "fLaC", 4) == 0;
    bool tagged = tag > 0 && size >= 3 && memcmp(head, "ID3", 3) == 0;
    bool behind = tagged && size > 4 && tag <= size - 4 && memcmp(head + tag, "fLaC", 4) == 0;
    *score = magic || behind ? 100 : tagged && hinted ? 60 : 0;
    return *score ? kAudioFileFLACType : 0;
}

static OSStatus damaged(const cm_file *f, const char *what)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: FLAC with %s", cm_io_path(f->io), what);
}

/* Notes the metadata blocks; the audio begins behind them. */
static OSStatus read_blocks(cm_file *f, cm_window *w, bool *has_info)
{
    cm_flac *s = f->state;
    SInt64 at = s->head + 4;
    for (bool last = false; !last;) {
        size_t have;
        const UInt8 *head = cm_window_look(w, at, BLOCK_HEAD, &have);
        if (!head)
            return damaged(f, "metadata that is cut off");
        UInt8 type = head[0] & 0x7F;
        UInt32 size = cm_get_be32(head) & 0xFFFFFF;
        last = head[0] & 0x80;
        at += BLOCK_HEAD;
        if (size > w->end - at || s->count == MOST_BLOCKS || type == 127)
            return damaged(f, "a metadata block that is longer than the file");
        OSStatus status = noErr;
        if (type == CM_FLAC_STREAMINFO && size >= CM_FLAC_INFO_SIZE && !*has_info) {
            const UInt8 *info = cm_window_look(w, at, CM_FLAC_INFO_SIZE, &have);
            if (info)
                memcpy(s->info, info, CM_FLAC_INFO_SIZE);
            *has_info = info != NULL;
        } else if (type != CM_FLAC_PADDING && type != CM_FLAC_STREAMINFO) {
            status = add_block(s, (cm_flac_block){ .type = type, .offset = at, .size = size });
        }
        if (status != noErr)
            return status;
        at += size;
    }
    f->data_offset = at;
    return noErr;
}

static UInt32 depth_flag(UInt32 bits)
{
    static const UInt8 depths[4] = { 16, 20, 24, 32 };
    for (UInt32 i = 0; i < 4; i++)
        if (depths[i] == bits)
            return i + 1;
    return 0;
}

static OSStatus set_cookie(cm_file *f)
{
    const cm_flac *s = f->state;
    UInt8 cookie[CM_FLAC_COOKIE_SIZE];
    cm_cookie_write_flac(s->info, cookie);
    f->cookie = CFDataCreate(NULL, cookie, sizeof cookie);
    return f->cookie ? noErr : cmMemFullError;
}

static OSStatus set_format(cm_file *f)
{
    const cm_flac *s = f->state;
    cm_flac_info info;
    cm_span found;
    if (!cm_cookie_find_flac((cm_span){ s->info, CM_FLAC_INFO_SIZE }, &found, &info))
        return damaged(f, "a STREAMINFO block that makes no sense");
    UInt32 constant = info.min_block == info.max_block ? info.max_block : 0;
    f->format = (AudioStreamBasicDescription){ .mSampleRate = info.rate,
                                               .mFormatID = kAudioFormatFLAC,
                                               .mFormatFlags = depth_flag(info.bits),
                                               .mFramesPerPacket = constant,
                                               .mChannelsPerFrame = info.channels };
    f->source_bit_depth = info.bits;
    f->duration = (Float64)info.total_frames / info.rate;
    f->has_packet_info = info.total_frames > 0;
    f->packet_info = (AudioFilePacketTableInfo){ .mNumberValidFrames = (SInt64)info.total_frames };
    if (constant > 0 && info.total_frames % constant > 0)
        f->packet_info.mRemainderFrames = (SInt32)(constant - info.total_frames % constant);
    OSStatus status = cm_set_layout_tag(f, cm_coded_layout_tag(kAudioFormatFLAC, info.channels));
    return status == noErr ? set_cookie(f) : status;
}

/* ID3v1 at the end is not audio. */
static SInt64 audio_end(cm_io *io, SInt64 from, SInt64 end)
{
    UInt8 tag[3];
    bool is_tag = !cm_io_is_stream(io) && end - from >= CM_ID3V1_SIZE &&
                  cm_io_read_all(io, end - CM_ID3V1_SIZE, tag, sizeof tag) == noErr &&
                  memcmp(tag, "TAG", 3) == 0;
    return is_tag ? end - CM_ID3V1_SIZE : end;
}

static OSStatus flac_open(cm_file *f)
{
    cm_flac *s = f->state = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    cm_window w;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    size_t have;
    bool has_info = false;
    const UInt8 *head = cm_window_look(&w, 0, CM_ID3_HEAD_SIZE, &have);
    if (head && memcmp(head, "ID3", 3) == 0)
        s->head = (SInt64)cm_id3_size(head, have);
    head = cm_window_look(&w, s->head, 4, &have);
    OSStatus status = head && memcmp(head, "fLaC", 4) == 0 ? read_blocks(f, &w, &has_info)
                                                           : damaged(f, "no \"fLaC\" at its start");
    if (status == noErr && !has_info)
        status = damaged(f, "no STREAMINFO block");
    if (status == noErr)
        status = set_format(f);
    if (status == noErr)
        f->data_bytes = audio_end(f->io, f->data_offset, w.end) - f->data_offset;
    cm_window_end(&w);
    return status;
}

/* ---- packets ---- */

typedef struct walk {
    cm_file *f;
    cm_window *w;
    SInt64 at; /* of the frame below */
    cm_flac_frame frame;
} walk;

/* Reads through a frame; only used where the numbers of frames do not tell. */
static bool checksum_is_right(walk *k, SInt64 end)
{
    UInt16 crc = 0;
    for (SInt64 at = k->at; at < end;) {
        size_t have;
        const UInt8 *bytes = cm_window_look(k->w, at, 1, &have);
        if (!bytes)
            return false;
        size_t part = (SInt64)have < end - at ? have : (size_t)(end - at);
        crc = cm_flac_crc16(crc, bytes, part);
        at += (SInt64)part;
    }
    return crc == 0;
}

static bool is_next(walk *k, SInt64 at, const cm_flac_frame *next)
{
    const cm_flac_frame *now = &k->frame;
    if (next->key != now->key)
        return false;
    UInt64 step = now->is_variable ? now->frames : 1;
    return next->number == now->number + step || checksum_is_right(k, at);
}

/* The place where the next frame begins, or the end of the audio. */
static SInt64 find_next(walk *k, cm_flac_frame *next)
{
    SInt64 at = k->at + k->frame.header_size + 2;
    SInt64 limit = k->w->end - k->at > MOST_PACKET ? k->at + MOST_PACKET : k->w->end;
    while (at < limit && at < k->w->end) { /* a stream's end moves to where it is found to be */
        size_t have;
        SInt64 left = k->w->end - at;
        size_t least = left < (SInt64)CM_FLAC_HEAD_MAX ? (size_t)left : CM_FLAC_HEAD_MAX;
        const UInt8 *bytes = cm_window_look(k->w, at, least, &have);
        if (!bytes && at < k->w->end && k->w->status == noErr && cm_io_is_stream(k->w->io))
            continue; /* a stream that has just ended: what is left is looked at once more */
        if (!bytes)
            break;
        const UInt8 *sync = memchr(bytes, 0xFF, have);
        if (!sync) {
            at += (SInt64)have;
            continue;
        }
        at += sync - bytes;
        have -= (size_t)(sync - bytes);
        if (have < CM_FLAC_HEAD_MAX && k->w->end - at > (SInt64)have)
            continue; /* look again with all of a header in view */
        if (have > 1 && cm_flac_frame_parse(sync, have, next) && is_next(k, at, next))
            return at;
        at++;
    }
    return at < limit && at < k->w->end ? at : limit < k->w->end ? limit : k->w->end;
}

/* The first frame of the audio; junk before it is passed over. */
static bool find_first(walk *k)
{
    for (; k->at < k->w->end; k->at++) {
        size_t have;
        SInt64 left = k->w->end - k->at;
        const UInt8 *head = cm_window_look(
            k->w, k->at, left < (SInt64)CM_FLAC_HEAD_MAX ? (size_t)left : CM_FLAC_HEAD_MAX, &have);
        if (!head || cm_flac_frame_parse(head, have, &k->frame))
            return head != NULL;
    }
    return false;
}

static OSStatus scan_frames(walk *k, bool has_frames, SInt64 *total)
{
    cm_file *f = k->f;
    bool more = find_first(k);
    while (more && k->at < k->w->end) {
        cm_flac_frame next = { 0 };
        SInt64 end = find_next(k, &next);
        UInt32 size = (UInt32)(end - k->at);
        OSStatus status = cm_packet_table_add(&f->table, true, has_frames, k->at, size, k->frame.frames);
        if (status != noErr)
            return status;
        if (size > f->max_packet_size)
            f->max_packet_size = size;
        *total += k->frame.frames;
        k->at = end;
        k->frame = next;
        more = next.header_size > 0;
    }
    return k->w->status;
}

static OSStatus flac_scan(cm_file *f)
{
    cm_window w;
    walk k = { .f = f, .w = &w, .at = f->data_offset };
    SInt64 total = 0;
    f->table.count = 0;
    cm_window_begin(&w, f->io, f->data_offset + f->data_bytes);
    OSStatus status = scan_frames(&k, f->format.mFramesPerPacket == 0, &total);
    cm_window_end(&w);
    if (status != noErr) {
        f->table.count = 0;
        return status;
    }
    f->packet_count = f->table.count;
    if (!f->has_packet_info || f->packet_info.mNumberValidFrames > total) {
        f->has_packet_info =
            true; /* the number was not known when the file was written, or the file is cut */
        f->packet_info.mNumberValidFrames = total;
    }
    if (f->format.mFramesPerPacket)
        f->packet_info.mRemainderFrames = (SInt32)(f->packet_count * f->format.mFramesPerPacket -
                                                   f->packet_info.mNumberValidFrames);
    return noErr;
}

/* The header of the current frame is kept from one call to the next. */
static OSStatus flac_next(cm_file *f, cm_forward *place, cm_forward_packet *packet)
{
    cm_forward_begin(f, place);
    walk k = { .f = f, .w = &place->window, .at = place->at };
    if (place->own)
        k.frame = *(cm_flac_frame *)place->own;
    else if (!find_first(&k))
        return k.w->status != noErr ? k.w->status : kAudioFileEndOfFileError;
    if (place->own && k.frame.header_size == 0)
        return kAudioFileEndOfFileError;
    if (!place->own)
        place->own = calloc(1, sizeof(cm_flac_frame));
    if (!place->own)
        return cmMemFullError;
    cm_flac_frame next = { 0 };
    SInt64 end = find_next(&k, &next);
    packet->frames = f->format.mFramesPerPacket ? 0 : k.frame.frames;
    OSStatus status = k.w->status;
    if (status == noErr)
        status = cm_forward_take(f, place, k.at, (UInt32)(end - k.at), packet);
    place->at = end;
    *(cm_flac_frame *)place->own = next;
    return status;
}

/* ---- the container ---- */

static const char *const extensions[] = { "flac", NULL };
static const char *const mime_types[] = { "audio/flac", "audio/x-flac", NULL };
static const char *const utis[] = { "org.xiph.flac", NULL };
static const UInt32 hfs_types[] = { 'flac', 0 };
static const AudioFormatID formats[] = { kAudioFormatFLAC, 0 };
static const cm_file_type types[] = {
    { .id = kAudioFileFLACType,
      .name = "FLAC",
      .extensions = extensions,
      .mime_types = mime_types,
      .utis = utis,
      .hfs_types = hfs_types,
      .readable = formats,
      .writable = formats },
};

const cm_container cm_container_flac = {
    .name = "FLAC",
    .types = types,
    .type_count = 1,
    .probe = flac_probe,
    .open = flac_open,
    .create = cm_flac_create,
    .flush = cm_flac_flush,
    .close = flac_close,
    .scan_packets = flac_scan,
    .next_packet = flac_next,
    .write_packets = cm_flac_write_packets,
    .read_info = cm_flac_read_info,
    .write_info = cm_flac_write_info,
    .cookie_changed = cm_flac_cookie_changed,
    .packet_info_changed = cm_flac_accept,
    .property_info = cm_artwork_property_info,
    .get_property = cm_flac_get_property,
    .set_property = cm_flac_set_property,
};
