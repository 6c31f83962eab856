/* mpeg.c: the file types that are frames in a row: MPEG layers 1 to 3, AAC in ADTS, AC-3, AMR. */
#include "framed.h"

#include "id3.h"

#include <string.h>

enum { CERTAIN = 100, PLAUSIBLE = 50, POSSIBLE = 30, HINTED = 10 };

/* ---- probing ---- */

/* How sure the bytes are to be frames of a kind: two in a row, or one with the rest cut off. */
static int score_frames(const UInt8 *head, size_t size, cm_frame_parser parse, bool hinted, cm_frame *first)
{
    size_t at = 0, tag;
    while (size - at >= CM_ID3_HEAD_SIZE && memcmp(head + at, "ID3", 3) == 0 &&
           (tag = cm_id3_size(head + at, size - at)) > 0) {
        if (tag > size - at)
            return hinted ? PLAUSIBLE + HINTED : HINTED; /* what follows the tag is not seen yet */
        at += tag;
    }
    for (size_t reach = at + (hinted ? 1024 : 4); at < reach && at < size; at++) {
        unsigned count = cm_frame_count(head, size, at, parse, 4, first);
        bool fills = count > 0 && at + first->size >= size;
        if (count >= 2 || (count == 1 && fills && hinted))
            return count >= 3 || hinted ? PLAUSIBLE + (hinted ? HINTED : 0) : POSSIBLE;
    }
    return hinted ? HINTED : 0;
}

static AudioFileTypeID probe_frames(const UInt8 *head, size_t size, AudioFileTypeID type,
                                    AudioFileTypeID hint, cm_frame_parser parse, int *score)
{
    cm_frame first;
    *score = size > 0 ? score_frames(head, size, parse, hint == type, &first) : 0;
    return *score > 0 ? type : 0;
}

/* ---- MPEG layers 1 to 3 ---- */

static AudioFileTypeID layer_type(AudioFormatID format)
{
    return format == kAudioFormatMPEGLayer1   ? kAudioFileMP1Type
           : format == kAudioFormatMPEGLayer2 ? kAudioFileMP2Type
                                              : kAudioFileMP3Type;
}

static AudioFileTypeID mpeg_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    cm_frame first = { .format = { .mFormatID = kAudioFormatMPEGLayer3 } };
    bool hinted = hint == kAudioFileMP3Type || hint == kAudioFileMP2Type || hint == kAudioFileMP1Type;
    bool tagged = size >= 3 && memcmp(head, "ID3", 3) == 0;
    *score = size > 0 ? score_frames(head, size, cm_frame_mpeg, hinted, &first) : 0;
    if (*score == HINTED && tagged)
        *score = POSSIBLE; /* a tag with nothing in sight is an MP3 more often than not */
    return *score > 0 ? layer_type(first.format.mFormatID) : 0;
}

static const cm_framed_kind mpeg_kind = {
    .parse = cm_frame_mpeg, .head = 4, .magic = "", .has_tags = true, .has_xing = true, .has_smpb = true
};
static const cm_framed_kind mpeg_plain_kind = {
    .parse = cm_frame_mpeg, .head = 4, .magic = "", .has_tags = true, .has_smpb = true
};

static OSStatus mpeg_open(cm_file *f)
{
    OSStatus status = cm_framed_open(f, &mpeg_kind);
    f->type = layer_type(f->format.mFormatID);
    return status;
}

static OSStatus mpeg_create(cm_file *f)
{
    if (layer_type(f->format.mFormatID) != f->type)
        return cm_fail(kAudioFileUnsupportedDataFormatError, "another MPEG layer than the file's");
    return cm_framed_create(f, f->type == kAudioFileMP3Type ? &mpeg_kind : &mpeg_plain_kind);
}

#define LIST(type, ...) ((const type *const[]){ __VA_ARGS__, NULL })
#define TEXTS(...) LIST(char, __VA_ARGS__)
#define CODES(...) ((const UInt32[]){ __VA_ARGS__, 0 })

static const cm_file_type mpeg_types[] = {
    { .id = kAudioFileMP3Type,
      .name = "MPEG Layer 3",
      .extensions = TEXTS("mp3", "mpeg", "mpa", "mpga"),
      .mime_types = TEXTS("audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3",
                          "audio/x-mpeg3", "audio/mpg", "audio/x-mpg"),
      .utis = TEXTS("public.mp3"),
      .hfs_types = CODES('MPG3', 'mpg3', 'Mp3 ', 'MP3 ', 'mp3!', 'MP3!'),
      .readable = CODES(kAudioFormatMPEGLayer3),
      .writable = CODES(kAudioFormatMPEGLayer3) },
    { .id = kAudioFileMP2Type,
      .name = "MPEG Layer 2",
      .extensions = TEXTS("mp2", "mpeg", "mpa"),
      .mime_types = TEXTS("audio/mpeg", "audio/x-mpeg", "audio/mp2", "audio/x-mp2"),
      .utis = TEXTS("public.mp2"),
      .hfs_types = CODES('MPG2', 'mpg2', 'MP2 '),
      .readable = CODES(kAudioFormatMPEGLayer2),
      .writable = CODES(kAudioFormatMPEGLayer2) },
    { .id = kAudioFileMP1Type,
      .name = "MPEG Layer 1",
      .extensions = TEXTS("mp1", "mpeg", "mpa"),
      .mime_types = TEXTS("audio/mpeg", "audio/x-mpeg", "audio/mp1", "audio/x-mp1"),
      .utis = TEXTS("public.mp1"),
      .hfs_types = CODES('MPG1', 'mpg1', 'MP1 '),
      .readable = CODES(kAudioFormatMPEGLayer1),
      .writable = CODES(kAudioFormatMPEGLayer1) },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const cm_container cm_container_mpeg = {
    .name = "MPEG audio",
    .types = mpeg_types,
    .type_count = COUNT(mpeg_types),
    .needs_packets = true,
    .probe = mpeg_probe,
    .open = mpeg_open,
    .create = mpeg_create,
    .flush = cm_framed_flush,
    .close = cm_framed_close,
    .scan_packets = cm_framed_scan,
    .next_packet = cm_framed_next,
    .write_packets = cm_framed_write_packets,
    .read_info = cm_framed_read_info,
    .write_info = cm_framed_write_info,
    .packet_info_changed = cm_framed_accept,
    .property_info = cm_framed_property_info,
    .get_property = cm_framed_get_property,
    .set_property = cm_framed_set_property,
};

/* ---- ADTS ---- */

static const cm_framed_kind adts_kind = {
    .parse = cm_frame_adts, .head = 7, .magic = "", .has_tags = true, .has_smpb = true
};

static AudioFileTypeID adts_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    return probe_frames(head, size, kAudioFileAAC_ADTSType, hint, cm_frame_adts, score);
}

static OSStatus adts_open(cm_file *f)
{
    return cm_framed_open(f, &adts_kind);
}

static OSStatus adts_create(cm_file *f)
{
    return cm_framed_create(f, &adts_kind);
}

static const cm_file_type adts_types[] = {
    { .id = kAudioFileAAC_ADTSType,
      .name = "AAC ADTS",
      .extensions = TEXTS("aac", "adts"),
      .mime_types = TEXTS("audio/aac", "audio/aacp", "audio/x-aac"),
      .utis = TEXTS("public.aac-audio"),
      .hfs_types = CODES('adts'),
      .readable = CODES(kAudioFormatMPEG4AAC, kAudioFormatMPEG4AAC_HE, kAudioFormatMPEG4AAC_HE_V2),
      .writable = CODES(kAudioFormatMPEG4AAC, kAudioFormatMPEG4AAC_HE, kAudioFormatMPEG4AAC_HE_V2) },
};

const cm_container cm_container_adts = {
    .name = "ADTS",
    .types = adts_types,
    .type_count = COUNT(adts_types),
    .needs_packets = true,
    .probe = adts_probe,
    .open = adts_open,
    .create = adts_create,
    .flush = cm_framed_flush,
    .close = cm_framed_close,
    .scan_packets = cm_framed_scan,
    .next_packet = cm_framed_next,
    .write_packets = cm_framed_write_packets,
    .read_info = cm_framed_read_info,
    .write_info = cm_framed_write_info,
    .cookie_changed = cm_framed_accept,
    .packet_info_changed = cm_framed_accept,
    .property_info = cm_framed_property_info,
    .get_property = cm_framed_get_property,
    .set_property = cm_framed_set_property,
};

/* ---- AC-3 ---- */

static const cm_framed_kind ac3_kind = { .parse = cm_frame_ac3, .head = 8, .magic = "" };

static AudioFileTypeID ac3_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    return probe_frames(head, size, kAudioFileAC3Type, hint, cm_frame_ac3, score);
}

static OSStatus ac3_open(cm_file *f)
{
    return cm_framed_open(f, &ac3_kind);
}

static OSStatus ac3_create(cm_file *f)
{
    return cm_framed_create(f, &ac3_kind);
}

static const cm_file_type ac3_types[] = {
    { .id = kAudioFileAC3Type,
      .name = "AC3",
      .extensions = TEXTS("ac3", "eac3", "ec3"),
      .mime_types = TEXTS("audio/ac3", "audio/x-ac3", "audio/eac3"),
      .utis = TEXTS("public.ac3-audio", "public.enhanced-ac3-audio"),
      .hfs_types = CODES('ac-3'),
      .readable = CODES(kAudioFormatAC3, kAudioFormatEnhancedAC3),
      .writable = CODES(kAudioFormatAC3, kAudioFormatEnhancedAC3) },
};

const cm_container cm_container_ac3 = {
    .name = "AC-3",
    .types = ac3_types,
    .type_count = COUNT(ac3_types),
    .needs_packets = true,
    .probe = ac3_probe,
    .open = ac3_open,
    .create = ac3_create,
    .flush = cm_framed_flush,
    .close = cm_framed_close,
    .scan_packets = cm_framed_scan,
    .next_packet = cm_framed_next,
    .write_packets = cm_framed_write_packets,
};

/* ---- AMR ---- */

#define AMR_MAGIC "#!AMR\n"
#define AMR_WB_MAGIC "#!AMR-WB\n"

static const cm_framed_kind amr_kind = { .parse = cm_frame_amr, .head = 1, .magic = AMR_MAGIC };
static const cm_framed_kind amr_wb_kind = { .parse = cm_frame_amr_wb, .head = 1, .magic = AMR_WB_MAGIC };

static bool begins(const UInt8 *head, size_t size, const char *magic)
{
    return size >= strlen(magic) && memcmp(head, magic, strlen(magic)) == 0;
}

static AudioFileTypeID amr_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    (void)hint;
    *score = begins(head, size, AMR_MAGIC) || begins(head, size, AMR_WB_MAGIC) ? CERTAIN : 0;
    return *score ? kAudioFileAMRType : 0;
}

static OSStatus amr_open(cm_file *f)
{
    UInt8 head[sizeof AMR_WB_MAGIC - 1];
    size_t got = 0;
    OSStatus status = cm_io_read(f->io, 0, head, sizeof head, &got);
    if (status != noErr)
        return status;
    return cm_framed_open(f, begins(head, got, AMR_WB_MAGIC) ? &amr_wb_kind : &amr_kind);
}

static const cm_file_type amr_types[] = {
    { .id = kAudioFileAMRType,
      .name = "AMR",
      .extensions = TEXTS("amr", "awb"),
      .mime_types = TEXTS("audio/amr", "audio/amr-wb", "audio/x-amr"),
      .utis = TEXTS("org.3gpp.adaptive-multi-rate-audio"),
      .hfs_types = CODES('amrf'),
      .readable = CODES(kAudioFormatAMR, kAudioFormatAMR_WB) },
};

const cm_container cm_container_amr = {
    .name = "AMR",
    .types = amr_types,
    .type_count = COUNT(amr_types),
    .probe = amr_probe,
    .open = amr_open,
    .close = cm_framed_close,
    .scan_packets = cm_framed_scan,
    .next_packet = cm_framed_next,
};
