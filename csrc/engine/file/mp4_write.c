/* mp4_write.c: making MPEG-4 files: file type, media data, and a movie box that describes what there is of
 * it. */
#include "mp4.h"

#include "append.h"

#include <stdlib.h>
#include <string.h>

#define SPARE 8u /* in front of the media data's box header, which grows by them when it passes 4 GiB */
#define MDAT_HEAD 8u
#define CHUNK_SECONDS 0.5
#define UNITY_MATRIX                                                                                         \
    {                                                                                                        \
        0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000                                                       \
    }

OSStatus cm_mp4_accept(cm_file *f)
{
    (void)f;
    return noErr;
}

OSStatus cm_mp4_write_packets(cm_file *f, SInt64 first, UInt32 *io_count,
                              const AudioStreamPacketDescription *descriptions, UInt32 bytes,
                              const void *buffer)
{
    return cm_append_packets(f, first, io_count, descriptions, bytes, buffer,
                             f->format.mFramesPerPacket == 0);
}

/* ---- the start of the file ---- */

static const struct {
    AudioFileTypeID type;
    UInt32 brands[4];
} brand_table[] = {
    { kAudioFileM4AType, { 'M4A ', 'M4A ', 'mp42', 'isom' } },
    { kAudioFileM4BType, { 'M4B ', 'M4B ', 'mp42', 'isom' } },
    { kAudioFileMPEG4Type, { 'mp42', 'mp42', 'isom', 'mp41' } },
    { kAudioFile3GPType, { '3gp6', '3gp6', 'mp42', 'isom' } },
    { kAudioFile3GP2Type, { '3g2a', '3g2a', 'mp42', 'isom' } },
};

OSStatus cm_mp4_create(cm_file *f)
{
    cm_mp4 *s = f->state = calloc(1, sizeof *s);
    CFMutableDataRef head = CFDataCreateMutable(NULL, 0);
    if (!s || !head) {
        if (head)
            CFRelease(head);
        return cmMemFullError;
    }
    CFIndex ftyp = cm_box_begin(head, 'ftyp');
    for (size_t i = 0; i < sizeof brand_table / sizeof *brand_table; i++)
        if (brand_table[i].type == f->type)
            for (int b = 0; b < 4; b++) {
                cm_box_put32(head, brand_table[i].brands[b]);
                if (b == 0)
                    cm_box_put32(head, 0); /* minor version */
            }
    cm_box_end(head, ftyp);
    s->ftyp_end = CFDataGetLength(head);
    cm_box_end(head, cm_box_begin(head, 'free'));
    s->mdat_at = CFDataGetLength(head);
    cm_box_end(head, cm_box_begin(head, 'mdat'));
    f->data_offset = CFDataGetLength(head);
    f->data_bytes = 0;
    f->packet_count = 0;
    OSStatus status = cm_io_write(f->io, 0, CFDataGetBytePtr(head), (size_t)f->data_offset);
    CFRelease(head);
    return status;
}

/* ---- lengths ---- */

typedef struct lengths {
    UInt32 timescale;
    UInt64 media; /* units of all packets */
    UInt64 valid, priming;
    bool shorten_last; /* the last packet's length says where the sound ends */
    Float64 scale;     /* units per frame */
} lengths;

static SInt64 counted_frames(const cm_file *f)
{
    SInt64 total = 0;
    if (!f->table.frames)
        return f->table.count * f->format.mFramesPerPacket;
    for (SInt64 i = 0; i < f->table.count; i++)
        total += f->table.frames[i];
    return total;
}

static lengths measure(const cm_file *f)
{
    AudioFormatID id = f->format.mFormatID;
    bool is_opus = id == kAudioFormatOpus;
    lengths l = { .timescale = is_opus ? 48000 : (UInt32)f->format.mSampleRate };
    l.scale = is_opus ? 48000 / f->format.mSampleRate : 1;
    SInt64 counted = counted_frames(f), priming = 0, valid = counted;
    if (f->has_packet_info) {
        priming = f->packet_info.mPrimingFrames < counted ? f->packet_info.mPrimingFrames : 0;
        valid = f->packet_info.mNumberValidFrames;
        valid = valid > 0 && valid < counted - priming ? valid : counted - priming;
    }
    l.shorten_last = is_opus || id == kAudioFormatAppleLossless || id == kAudioFormatFLAC;
    l.priming = (UInt64)((Float64)priming * l.scale);
    l.valid = (UInt64)((Float64)valid * l.scale);
    l.media = (UInt64)((Float64)counted * l.scale);
    UInt64 last = f->table.count ? (UInt64)(f->format.mFramesPerPacket * l.scale) : 0;
    UInt64 excess = l.media - l.priming - l.valid;
    l.shorten_last = l.shorten_last && !f->table.frames && excess > 0 && excess < last;
    if (l.shorten_last)
        l.media -= excess;
    return l;
}

/* ---- headers ---- */

static void put_duration(CFMutableDataRef to, bool wide, UInt64 duration)
{
    if (wide)
        cm_box_put64(to, duration);
    else
        cm_box_put32(to, duration);
}

static void put_matrix(CFMutableDataRef to)
{
    static const UInt32 matrix[9] = UNITY_MATRIX;
    for (int i = 0; i < 9; i++)
        cm_box_put32(to, matrix[i]);
}

/* Dates are left at 0, so that equal input gives equal files. */
static void put_dates(CFMutableDataRef to, bool wide)
{
    cm_box_put_zeros(to, wide ? 16 : 8);
}

static void put_mvhd(CFMutableDataRef to, const lengths *l)
{
    bool wide = l->valid > UINT32_MAX;
    CFIndex box = cm_box_begin_full(to, 'mvhd', wide, 0);
    put_dates(to, wide);
    cm_box_put32(to, l->timescale);
    put_duration(to, wide, l->valid);
    cm_box_put32(to, 0x10000); /* rate */
    cm_box_put16(to, 0x100);   /* volume */
    cm_box_put_zeros(to, 10);
    put_matrix(to);
    cm_box_put_zeros(to, 24);
    cm_box_put32(to, 2); /* next track */
    cm_box_end(to, box);
}

static void put_tkhd(CFMutableDataRef to, const lengths *l)
{
    bool wide = l->valid > UINT32_MAX;
    CFIndex box = cm_box_begin_full(to, 'tkhd', wide, 7); /* enabled, in movie and preview */
    put_dates(to, wide);
    cm_box_put32(to, 1); /* track number */
    cm_box_put32(to, 0);
    put_duration(to, wide, l->valid);
    cm_box_put_zeros(to, 8);
    cm_box_put32(to, 0);
    cm_box_put16(to, 0x100); /* volume */
    cm_box_put16(to, 0);
    put_matrix(to);
    cm_box_put_zeros(to, 8);
    cm_box_end(to, box);
}

static void put_edits(CFMutableDataRef to, const lengths *l)
{
    bool wide = l->valid > UINT32_MAX || l->priming > INT32_MAX;
    if (l->priming == 0 && l->valid == l->media)
        return;
    CFIndex edts = cm_box_begin(to, 'edts');
    CFIndex box = cm_box_begin_full(to, 'elst', wide, 0);
    cm_box_put32(to, 1);
    put_duration(to, wide, l->valid);
    put_duration(to, wide, l->priming);
    cm_box_put32(to, 0x10000); /* rate */
    cm_box_end(to, box);
    cm_box_end(to, edts);
}

static void put_mdhd(CFMutableDataRef to, const lengths *l)
{
    bool wide = l->media > UINT32_MAX;
    CFIndex box = cm_box_begin_full(to, 'mdhd', wide, 0);
    put_dates(to, wide);
    cm_box_put32(to, l->timescale);
    put_duration(to, wide, l->media);
    cm_box_put16(to, 0x55C4); /* language: undetermined */
    cm_box_put16(to, 0);
    cm_box_end(to, box);
}

static void put_hdlr(CFMutableDataRef to)
{
    CFIndex box = cm_box_begin_full(to, 'hdlr', 0, 0);
    cm_box_put32(to, 0);
    cm_box_put32(to, 'soun');
    cm_box_put_zeros(to, 12);
    cm_box_put_bytes(to, "SoundHandler", 13);
    cm_box_end(to, box);
}

/* ---- sample tables ---- */

typedef struct run_writer {
    CFMutableDataRef to;
    CFIndex count_at;
    UInt32 rows, run;
    UInt32 value;
} run_writer;

static void end_run(run_writer *r)
{
    if (r->run == 0)
        return;
    cm_box_put32(r->to, r->run);
    cm_box_put32(r->to, r->value);
    r->rows++;
    r->run = 0;
}

static void add_to_run(run_writer *r, UInt32 value, UInt32 times)
{
    if (times == 0)
        return;
    if (r->run > 0 && r->value != value)
        end_run(r);
    r->value = value;
    r->run += times;
}

static void put_stts(const cm_file *f, const lengths *l, CFMutableDataRef to)
{
    CFIndex box = cm_box_begin_full(to, 'stts', 0, 0);
    run_writer r = { .to = to, .count_at = CFDataGetLength(to) };
    UInt32 count = (UInt32)f->table.count, each = (UInt32)(f->format.mFramesPerPacket * l->scale);
    cm_box_put32(to, 0);
    if (f->table.frames)
        for (UInt32 i = 0; i < count; i++)
            add_to_run(&r, (UInt32)(f->table.frames[i] * l->scale), 1);
    else if (count > 0) {
        add_to_run(&r, each, count - 1);
        add_to_run(&r, (UInt32)(l->media - (UInt64)each * (count - 1)), 1);
    }
    end_run(&r);
    cm_put_be32(CFDataGetMutableBytePtr(to) + r.count_at, r.rows);
    cm_box_end(to, box);
}

static UInt32 packets_per_chunk(const cm_file *f)
{
    UInt32 frames = f->format.mFramesPerPacket ? f->format.mFramesPerPacket : 1024;
    UInt32 packets = (UInt32)(f->format.mSampleRate * CHUNK_SECONDS / frames);
    return packets > 0 ? packets : 1;
}

static void put_stsc(const cm_file *f, CFMutableDataRef to)
{
    UInt32 each = packets_per_chunk(f), count = (UInt32)f->table.count;
    UInt32 whole = count / each, rest = count % each;
    CFIndex box = cm_box_begin_full(to, 'stsc', 0, 0);
    cm_box_put32(to, (whole > 0 ? 1u : 0u) + (rest > 0 ? 1u : 0u));
    if (whole > 0) {
        cm_box_put32(to, 1);
        cm_box_put32(to, each);
        cm_box_put32(to, 1);
    }
    if (rest > 0) {
        cm_box_put32(to, whole + 1);
        cm_box_put32(to, rest);
        cm_box_put32(to, 1);
    }
    cm_box_end(to, box);
}

static void put_stsz(const cm_file *f, CFMutableDataRef to)
{
    CFIndex box = cm_box_begin_full(to, 'stsz', 0, 0);
    cm_box_put32(to, 0);
    cm_box_put32(to, (UInt64)f->table.count);
    for (SInt64 i = 0; i < f->table.count; i++)
        cm_box_put32(to, f->table.sizes[i]);
    cm_box_end(to, box);
}

static void put_chunk_offsets(const cm_file *f, CFMutableDataRef to)
{
    SInt64 each = packets_per_chunk(f), count = f->table.count, chunks = (count + each - 1) / each;
    /* The same width with and without the movie box in front. */
    bool wide = f->data_offset + f->data_bytes > (SInt64)UINT32_MAX - ((SInt64)1 << 28);
    CFIndex box = cm_box_begin_full(to, wide ? 'co64' : 'stco', 0, 0);
    cm_box_put32(to, (UInt64)chunks);
    for (SInt64 i = 0; i < count; i += each)
        put_duration(to, wide, (UInt64)f->table.offsets[i]);
    cm_box_end(to, box);
}

/* How many packets before a place must be decoded for it to sound right (14496-12, 10.1). */
static void put_roll(const cm_file *f, CFMutableDataRef to)
{
    SInt32 distance = f->format.mFormatID == kAudioFormatOpus ? -4 : -1;
    if (f->format.mFormatID == kAudioFormatAppleLossless || f->format.mFormatID == kAudioFormatFLAC ||
        f->table.count == 0)
        return;
    CFIndex box = cm_box_begin_full(to, 'sgpd', 1, 0);
    cm_box_put32(to, 'roll');
    cm_box_put32(to, 2);
    cm_box_put32(to, 1);
    cm_box_put16(to, (UInt32)distance & 0xFFFF);
    cm_box_end(to, box);
    box = cm_box_begin_full(to, 'sbgp', 0, 0);
    cm_box_put32(to, 'roll');
    cm_box_put32(to, 1);
    cm_box_put32(to, (UInt64)f->table.count);
    cm_box_put32(to, 1);
    cm_box_end(to, box);
}

static OSStatus put_media_information(cm_file *f, const lengths *l, CFMutableDataRef to)
{
    CFIndex minf = cm_box_begin(to, 'minf');
    CFIndex box = cm_box_begin_full(to, 'smhd', 0, 0);
    cm_box_put32(to, 0);
    cm_box_end(to, box);
    CFIndex dinf = cm_box_begin(to, 'dinf');
    CFIndex dref = cm_box_begin_full(to, 'dref', 0, 0);
    cm_box_put32(to, 1);
    cm_box_end(to, cm_box_begin_full(to, 'url ', 0, 1)); /* in this file */
    cm_box_end(to, dref);
    cm_box_end(to, dinf);
    CFIndex stbl = cm_box_begin(to, 'stbl');
    OSStatus status = cm_mp4_put_stsd(f, to);
    put_stts(f, l, to);
    put_stsc(f, to);
    put_stsz(f, to);
    put_chunk_offsets(f, to);
    put_roll(f, to);
    cm_box_end(to, stbl);
    cm_box_end(to, minf);
    return status;
}

static OSStatus make_moov(cm_file *f, CFMutableDataRef *out)
{
    lengths l = measure(f);
    CFMutableDataRef to = *out = CFDataCreateMutable(NULL, 0);
    if (!to)
        return cmMemFullError;
    CFIndex moov = cm_box_begin(to, 'moov');
    put_mvhd(to, &l);
    CFIndex trak = cm_box_begin(to, 'trak');
    put_tkhd(to, &l);
    put_edits(to, &l);
    CFIndex mdia = cm_box_begin(to, 'mdia');
    put_mdhd(to, &l);
    put_hdlr(to);
    OSStatus status = put_media_information(f, &l, to);
    cm_box_end(to, mdia);
    cm_box_end(to, trak);
    if (status == noErr)
        status = cm_mp4_put_udta(f->state, to);
    cm_box_end(to, moov);
    return status;
}

/* ---- bringing the file up to date ---- */

static OSStatus write_mdat_head(cm_file *f)
{
    cm_mp4 *s = f->state;
    UInt8 head[SPARE + MDAT_HEAD];
    UInt64 size = (UInt64)f->data_bytes + MDAT_HEAD;
    bool wide = size > UINT32_MAX;
    cm_put_be32(head, wide ? 1 : SPARE);
    cm_put_be32(head + 4, wide ? 'mdat' : 'free');
    cm_put_be32(head + SPARE, (UInt32)size);
    cm_put_be32(head + SPARE + 4, 'mdat');
    if (wide)
        cm_put_be64(head + 8, size + SPARE);
    return cm_io_write(f->io, s->mdat_at - SPARE, head, sizeof head);
}

/* AAC and MP3: players that know no edit lists know these numbers. */
static OSStatus update_smpb(cm_file *f)
{
    bool is_padded = f->format.mFormatID != kAudioFormatAppleLossless &&
                     f->format.mFormatID != kAudioFormatFLAC && f->format.mFormatID != kAudioFormatOpus;
    if (!f->has_packet_info || !is_padded)
        return noErr;
    lengths l = measure(f);
    cm_smpb smpb = { (UInt32)l.priming, (UInt32)(l.media - l.priming - l.valid), l.valid };
    return cm_mp4_set_smpb(f->state, &smpb);
}

OSStatus cm_mp4_flush(cm_file *f)
{
    cm_mp4 *s = f->state;
    if (!f->created)
        return cm_mp4_flush_tags(f);
    CFMutableDataRef moov = NULL;
    SInt64 end = f->data_offset + f->data_bytes;
    OSStatus status = update_smpb(f);
    if (status == noErr)
        status = make_moov(f, &moov);
    if (status == noErr)
        status = write_mdat_head(f);
    if (status == noErr && s->moov_first)
        status = cm_mp4_optimize(f); /* it was in front once: there it goes again */
    else if (status == noErr) {
        status = cm_io_write(f->io, end, CFDataGetBytePtr(moov), (size_t)CFDataGetLength(moov));
        end += CFDataGetLength(moov);
        if (status == noErr)
            status = cm_io_set_size(f->io, end);
    }
    if (moov)
        CFRelease(moov);
    if (status == noErr)
        f->dirty = false;
    return status;
}

static void shift_audio(cm_file *f, SInt64 by)
{
    cm_mp4 *s = f->state;
    s->mdat_at += by;
    f->data_offset += by;
    for (SInt64 i = 0; i < f->table.count; i++)
        f->table.offsets[i] += by;
}

/* Movie box between file type and media data. */
OSStatus cm_mp4_optimize(cm_file *f)
{
    cm_mp4 *s = f->state;
    CFMutableDataRef moov = NULL;
    if (!f->created)
        return cm_mp4_optimize_existing(f);
    OSStatus status = update_smpb(f);
    if (status == noErr)
        status = make_moov(f, &moov);
    SInt64 size = moov ? CFDataGetLength(moov) : 0, from = s->mdat_at - SPARE;
    if (moov)
        CFRelease(moov);
    moov = NULL;
    SInt64 to = s->ftyp_end + size, end = f->data_offset + f->data_bytes;
    if (status == noErr && to != from)
        status = cm_io_move(f->io, from, to, end - from);
    if (status != noErr)
        return status;
    shift_audio(f, to - from);
    s->moov_first = true;
    status = make_moov(f, &moov);
    if (status == noErr)
        status = cm_io_write(f->io, s->ftyp_end, CFDataGetBytePtr(moov), (size_t)CFDataGetLength(moov));
    if (status == noErr)
        status = write_mdat_head(f);
    if (status == noErr)
        status = cm_io_set_size(f->io, f->data_offset + f->data_bytes);
    if (moov)
        CFRelease(moov);
    if (status == noErr)
        f->dirty = false;
    return status;
}
