/* mp4.c: MPEG-4 files (ISO/IEC 14496-12 and -14) and their kin: M4A, M4B, 3GP. Their first audio track is
 * read. */
#include "mp4.h"

#include "artwork.h"
#include "window.h"

#include <stdlib.h>
#include <string.h>

/* ---- probing ---- */

static const struct {
    UInt32 brand;
    AudioFileTypeID type;
} brands[] = {
    { 'M4A ', kAudioFileM4AType },  { 'M4B ', kAudioFileM4BType },  { 'M4P ', kAudioFileM4AType },
    { '3gp4', kAudioFile3GPType },  { '3gp5', kAudioFile3GPType },  { '3gp6', kAudioFile3GPType },
    { '3gp7', kAudioFile3GPType },  { '3gp8', kAudioFile3GPType },  { '3gp9', kAudioFile3GPType },
    { '3g2a', kAudioFile3GP2Type }, { '3g2b', kAudioFile3GP2Type }, { '3g2c', kAudioFile3GP2Type },
};

static bool is_family(AudioFileTypeID type)
{
    return type == kAudioFileMPEG4Type || type == kAudioFileM4AType || type == kAudioFileM4BType ||
           type == kAudioFile3GPType || type == kAudioFile3GP2Type;
}

static AudioFileTypeID mp4_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    UInt32 type = size >= 8 ? cm_get_be32(head + 4) : 0;
    *score = type == 'ftyp' ? 100 : type == 'moov' || type == 'mdat' || type == 'wide' ? 60 : 0;
    if (*score == 0)
        return 0;
    if (type == 'ftyp' && size >= 12)
        for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
            if (brands[i].brand == cm_get_be32(head + 8))
                return brands[i].type;
    return is_family(hint) ? hint : kAudioFileMPEG4Type;
}

/* ---- opening ---- */

static void mp4_close(cm_file *f)
{
    cm_mp4 *s = f->state;
    if (!s)
        return;
    if (s->ilst)
        CFRelease(s->ilst);
    cm_window_end(&s->window);
    free(s->moov);
    free(s);
    f->state = NULL;
}

static OSStatus damaged(const cm_file *f, const char *what)
{
    return cm_fail(kAudioFileInvalidFileError, "%s: MPEG-4 with %s", cm_io_path(f->io), what);
}

static cm_span moov_body(const cm_mp4 *s)
{
    cm_span whole = { s->moov, s->moov_size };
    cm_box box;
    return cm_box_next(&whole, &box) ? box.body : (cm_span){ 0 };
}

static bool is_audio(cm_span track)
{
    cm_box box;
    UInt32 version, flags;
    if (!cm_box_find_path(track, CM_BOX_PATH('mdia', 'hdlr'), &box))
        return false;
    cm_span body = cm_box_full(&box, &version, &flags);
    return body.size >= 8 && cm_get_be32(body.bytes + 4) == 'soun';
}

static UInt32 read_timescale(const cm_box *header)
{
    UInt32 version, flags;
    cm_span body = cm_box_full(header, &version, &flags);
    size_t at = version == 1 ? 16 : 8;
    return body.size >= at + 4 ? cm_get_be32(body.bytes + at) : 0;
}

static OSStatus read_track(cm_file *f, cm_span track)
{
    cm_mp4 *s = f->state;
    cm_box tkhd, mdhd, stbl, stsd;
    UInt32 version, flags;
    if (!cm_box_find(track, 'tkhd', &tkhd) || !cm_box_find_path(track, CM_BOX_PATH('mdia', 'mdhd'), &mdhd) ||
        !cm_box_find_path(track, CM_BOX_PATH('mdia', 'minf', 'stbl'), &stbl) ||
        !cm_box_find(stbl.body, 'stsd', &stsd))
        return damaged(f, "an incomplete audio track");
    cm_span body = cm_box_full(&tkhd, &version, &flags);
    size_t at = version == 1 ? 16 : 8;
    s->track_id = body.size >= at + 4 ? cm_get_be32(body.bytes + at) : 0;
    s->timescale = read_timescale(&mdhd);
    if (s->timescale == 0)
        return damaged(f, "an audio track without a time scale");
    OSStatus status = cm_mp4_read_format(f, stsd.body);
    return status == noErr ? cm_mp4_read_samples(f, stbl.body) : status;
}

/* The first audio track in a format that is known; the last failure when there is none. */
static OSStatus read_movie(cm_file *f)
{
    cm_mp4 *s = f->state;
    cm_span rest = moov_body(s);
    cm_box box;
    if (cm_box_find(rest, 'mvhd', &box))
        s->movie_timescale = read_timescale(&box);
    OSStatus status = cm_fail(kAudioFileUnsupportedDataFormatError, "%s: MPEG-4 without an audio track",
                              cm_io_path(f->io));
    while (cm_box_next(&rest, &box)) {
        if (box.type != 'trak' || !is_audio(box.body))
            continue;
        status = read_track(f, box.body);
        s->track = box.body;
        if (status != kAudioFileUnsupportedDataFormatError)
            return status;
    }
    return status;
}

static OSStatus find_movie(cm_file *f, cm_window *w)
{
    cm_mp4 *s = f->state;
    cm_mp4_top_box box;
    SInt64 at = 0;
    bool is_stream = cm_io_is_stream(f->io);
    s->first_mdat = -1;
    for (int i = 0; i < CM_MP4_MOST_BOXES && cm_mp4_next_top_box(w, at, &box); i++, at += box.size) {
        if (box.type == 'ftyp' && at == 0)
            s->ftyp_end = box.size;
        if (box.type == 'mdat' && s->first_mdat < 0)
            s->first_mdat = at;
        if (box.type == 'mdat' && !s->moov && is_stream)
            return cm_fail(kAudioFileNotOptimizedError, "the movie box is not in front of the audio");
        if (box.type == 'moof')
            s->is_fragmented = true;
        if (box.type == 'moov' && !s->moov) {
            OSStatus status = cm_mp4_load_box(f, &box, &s->moov);
            if (status != noErr)
                return status;
            s->moov_at = at;
            s->moov_size = (size_t)box.size;
        }
        /* A fragmented file says so in its movie box; a stream is ready with it. */
        if (s->moov && (s->first_mdat >= 0 || is_stream))
            break;
    }
    s->passed = at + box.size;
    return s->moov ? noErr : damaged(f, "no movie box: it is cut off or was never finished");
}

SInt64 cm_mp4_boxes_end(cm_file *f, bool *closed)
{
    cm_window w;
    cm_mp4_top_box box = { 0 };
    SInt64 at = 0;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    for (int i = 0; i < CM_MP4_MOST_BOXES && at < w.end && cm_mp4_next_top_box(&w, at, &box); i++)
        at += box.size;
    cm_window_end(&w);
    *closed = !box.cut && !box.to_end;
    return at;
}

/* Where the packets are, as a whole, as far as the table has them. */
static void set_extent(cm_file *f)
{
    const cm_packet_table *t = &f->table;
    SInt64 first = INT64_MAX, bytes = 0;
    for (SInt64 i = 0; i < t->count; i++) {
        first = t->offsets[i] < first ? t->offsets[i] : first;
        bytes += t->sizes[i];
        if (t->sizes[i] > f->max_packet_size)
            f->max_packet_size = t->sizes[i];
    }
    SInt64 room = cm_io_size(f->io);
    f->data_offset = t->count ? first : 0;
    f->data_bytes = bytes < room - f->data_offset ? bytes : room - f->data_offset;
    f->packet_count = t->count;
}

static OSStatus open_window(cm_file *f, cm_window *w)
{
    cm_mp4 *s = f->state;
    cm_box box;
    OSStatus status = find_movie(f, w);
    if (status == noErr)
        status = read_movie(f);
    bool has_fragments = status == noErr && cm_box_find(moov_body(s), 'mvex', &box);
    s->is_fragmented = s->is_fragmented || has_fragments;
    if (has_fragments && !cm_io_is_stream(f->io))
        status = cm_mp4_read_fragments(f, w);
    set_extent(f);
    if (has_fragments && cm_io_is_stream(f->io))
        status = cm_mp4_begin_growing(f);
    if (status == noErr)
        status = cm_mp4_complete_format(f);
    if (status == noErr)
        status = cm_mp4_load_tags(f);
    return status == noErr ? cm_mp4_read_edits(f) : status;
}

static OSStatus mp4_open(cm_file *f)
{
    f->state = calloc(1, sizeof(cm_mp4));
    if (!f->state)
        return cmMemFullError;
    cm_window w;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    OSStatus status = open_window(f, &w);
    cm_window_end(&w);
    return status;
}

/* ---- properties ---- */

static OSStatus mp4_property_info(cm_file *f, AudioFilePropertyID id, UInt32 *size, bool *writable)
{
    return cm_artwork_property_info(f, id, size, writable);
}

static OSStatus mp4_get_property(cm_file *f, AudioFilePropertyID id, UInt32 *io_size, void *data)
{
    const cm_mp4 *s = f->state;
    if (id != kAudioFilePropertyIsOptimized)
        return cm_artwork_get_property(f, id, io_size, data, cm_mp4_copy_artwork);
    if (*io_size < sizeof(UInt32))
        return kAudioFileBadPropertySizeError;
    UInt32 optimized = f->created ? s->moov_first : s->moov_at < s->first_mdat;
    memcpy(data, &optimized, sizeof optimized);
    *io_size = sizeof optimized;
    return noErr;
}

static OSStatus mp4_set_property(cm_file *f, AudioFilePropertyID id, UInt32 size, const void *data)
{
    return cm_artwork_set_property(f, id, size, data, cm_mp4_set_artwork);
}

/* ---- the container ---- */

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CODES(...) ((const UInt32[]){ __VA_ARGS__, 0 })

static const AudioFormatID readable[] = {
    kAudioFormatMPEG4AAC,    kAudioFormatMPEG4AAC_HE,   kAudioFormatMPEG4AAC_HE_V2,
    kAudioFormatMPEG4AAC_LD, kAudioFormatMPEG4AAC_ELD,  kAudioFormatMPEG4AAC_ELD_SBR,
    kAudioFormatMPEGD_USAC,  kAudioFormatAppleLossless, kAudioFormatFLAC,
    kAudioFormatOpus,        kAudioFormatAC3,           kAudioFormatEnhancedAC3,
    kAudioFormatMPEGLayer3,  kAudioFormatMPEGLayer2,    kAudioFormatMPEGLayer1,
    kAudioFormatAMR,         kAudioFormatAMR_WB,        0,
};
static const AudioFormatID writable[] = {
    kAudioFormatMPEG4AAC,
    kAudioFormatMPEG4AAC_HE,
    kAudioFormatMPEG4AAC_HE_V2,
    kAudioFormatMPEG4AAC_LD,
    kAudioFormatMPEG4AAC_ELD,
    kAudioFormatMPEG4AAC_ELD_SBR,
    kAudioFormatAppleLossless,
    kAudioFormatFLAC,
    kAudioFormatOpus,
    kAudioFormatAC3,
    kAudioFormatEnhancedAC3,
    kAudioFormatMPEGLayer3,
    0,
};
static const AudioFormatID mobile[] = {
    kAudioFormatMPEG4AAC,
    kAudioFormatMPEG4AAC_HE,
    kAudioFormatMPEG4AAC_HE_V2,
    0,
};

static const cm_file_type types[] = {
    { .id = kAudioFileM4AType,
      .name = "Apple MPEG-4 Audio",
      .extensions = TEXTS("m4a", "m4r"),
      .mime_types = TEXTS("audio/x-m4a", "audio/m4a", "audio/mp4"),
      .utis = TEXTS("com.apple.m4a-audio"),
      .hfs_types = CODES('M4A ', 'm4a ', 'M4AF', 'm4af'),
      .readable = readable,
      .writable = writable },
    { .id = kAudioFileMPEG4Type,
      .name = "MPEG-4 Audio",
      .extensions = TEXTS("mp4", "mpg4"),
      .mime_types = TEXTS("audio/mp4", "video/mp4"),
      .utis = TEXTS("public.mpeg-4", "public.mpeg-4-audio"),
      .hfs_types = CODES('mpg4', 'mp4f', 'MP4F'),
      .readable = readable,
      .writable = writable },
    { .id = kAudioFileM4BType,
      .name = "Apple MPEG-4 AudioBooks",
      .extensions = TEXTS("m4b"),
      .mime_types = TEXTS("audio/x-m4b"),
      .utis = TEXTS("com.apple.m4b-audio", "com.apple.protected-mpeg-4-audio-b"),
      .hfs_types = CODES('M4B ', 'm4b ', 'm4bf'),
      .readable = readable,
      .writable = writable },
    { .id = kAudioFile3GPType,
      .name = "3GP Audio",
      .extensions = TEXTS("3gp", "3gpp"),
      .mime_types = TEXTS("audio/3gpp", "video/3gpp"),
      .utis = TEXTS("public.3gpp"),
      .hfs_types = CODES('3gpp', '3GPP'),
      .readable = readable,
      .writable = mobile },
    { .id = kAudioFile3GP2Type,
      .name = "3GPP-2 Audio",
      .extensions = TEXTS("3g2", "3gp2"),
      .mime_types = TEXTS("audio/3gpp2", "video/3gpp2"),
      .utis = TEXTS("public.3gpp2"),
      .hfs_types = CODES('3gp2', '3GP2'),
      .readable = readable,
      .writable = mobile },
};

const cm_container cm_container_mp4 = {
    .name = "MPEG-4",
    .types = types,
    .type_count = sizeof types / sizeof *types,
    .probe = mp4_probe,
    .open = mp4_open,
    .create = cm_mp4_create,
    .flush = cm_mp4_flush,
    .close = mp4_close,
    .optimize = cm_mp4_optimize,
    .more_packets = cm_mp4_more_packets,
    .write_packets = cm_mp4_write_packets,
    .read_info = cm_mp4_read_info,
    .write_info = cm_mp4_write_info,
    .cookie_changed = cm_mp4_accept,
    .packet_info_changed = cm_mp4_accept,
    .can_change = cm_change_while_created,
    .property_info = mp4_property_info,
    .get_property = mp4_get_property,
    .set_property = mp4_set_property,
};
