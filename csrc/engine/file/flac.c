/* flac.c: native FLAC files (RFC 9639): metadata blocks, then frames. */
#include "flac.h"

#include "artwork.h"
#include "coded_layout.h"
#include "id3.h"
#include "window.h"
#include "../base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_HEAD 4
#define MOST_BLOCKS 4096

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
    cm_flac *s = f->state;
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
    f->source_bit_depth = s->bits = info.bits;
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

static bool can_change(const cm_file *f, AudioFilePropertyID id)
{
    return f->created || id != kAudioFilePropertyMagicCookieData;
}

const cm_container cm_container_flac = {
    .name = "FLAC",
    .types = types,
    .type_count = 1,
    .probe = flac_probe,
    .open = flac_open,
    .create = cm_flac_create,
    .flush = cm_flac_flush,
    .close = flac_close,
    .scan_packets = cm_flac_scan,
    .next_packet = cm_flac_next,
    .write_packets = cm_flac_write_packets,
    .read_info = cm_flac_read_info,
    .write_info = cm_flac_write_info,
    .cookie_changed = cm_flac_cookie_changed,
    .packet_info_changed = cm_flac_accept,
    .can_change = can_change,
    .property_info = cm_artwork_property_info,
    .get_property = cm_flac_get_property,
    .set_property = cm_flac_set_property,
};
