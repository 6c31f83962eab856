/*
 * ogg.c: Ogg files with Vorbis, Opus or FLAC in them (RFC 3533, 5334, 7845).
 *
 * Of streams that run beside each other the first is read. Streams in a row (a chain, such as files put one
 * behind the other) are one file as long as codec, sample rate, channels and FLAC's bit depth stay the same;
 * the first that differs ends it. Frames are those of every stream without its priming and its cut end. The
 * packets follow on each other; where a Vorbis stream has other codebooks than the one before, its header
 * packets, which stand for no frames, come first, as decoders expect. Tags are those of the first stream.
 */
#include "ogg.h"

#include "artwork.h"
#include "coded_layout.h"

#include <stdlib.h>
#include <string.h>

static AudioFileTypeID ogg_probe(const UInt8 *head, size_t size, AudioFileTypeID hint, int *score)
{
    (void)hint;
    *score = size >= 4 && memcmp(head, "OggS", 4) == 0 ? 100 : 0;
    return *score ? kCMAudioFileOggType : 0;
}

static void ogg_close(cm_file *f)
{
    cm_ogg *s = f->state;
    if (!s)
        return;
    cm_ogg_free_head(s);
    free(s->spread);
    free(s->building);
    free(s);
    f->state = NULL;
}

static OSStatus ogg_open(cm_file *f)
{
    cm_ogg *s = f->state = calloc(1, sizeof *s);
    if (!s)
        return cmMemFullError;
    s->granule_scale = 1;
    cm_window w;
    cm_window_begin(&w, f->io, cm_io_size(f->io));
    OSStatus status = cm_ogg_read_head(f, &w, 0, s, &f->data_offset);
    if (status == noErr) {
        f->data_bytes = w.end - f->data_offset;
        f->format = (AudioStreamBasicDescription){ .mSampleRate = s->codec.rate,
                                                   .mFormatID = s->codec.format,
                                                   .mChannelsPerFrame = s->codec.channels };
        status = cm_ogg_make_cookie(s, &s->comment, &f->cookie);
    }
    if (status == noErr)
        status = cm_set_layout_tag(f, cm_coded_layout_tag(s->codec.format, s->codec.channels));
    if (status == noErr)
        status = cm_ogg_begin(f, &w);
    cm_window_end(&w);
    return status;
}

static const char *const extensions[] = { "ogg", "oga", "opus", "spx", NULL };
static const char *const mime_types[] = { "audio/ogg",  "application/ogg", "audio/x-ogg",
                                          "audio/opus", "audio/vorbis",    NULL };
static const char *const utis[] = { "org.xiph.ogg-audio", "org.xiph.opus", NULL };
static const UInt32 hfs_types[] = { 'OggS', 'Oggf', 0 };
static const AudioFormatID formats[] = { kCMAudioFormatVorbis, kAudioFormatOpus, kAudioFormatFLAC, 0 };
static const cm_file_type types[] = {
    { .id = kCMAudioFileOggType,
      .name = "Ogg",
      .extensions = extensions,
      .mime_types = mime_types,
      .utis = utis,
      .hfs_types = hfs_types,
      .readable = formats,
      .writable = formats },
};

const cm_container cm_container_ogg = {
    .name = "Ogg",
    .types = types,
    .type_count = 1,
    .needs_packets = true,
    .probe = ogg_probe,
    .open = ogg_open,
    .create = cm_ogg_create,
    .flush = cm_ogg_flush,
    .close = ogg_close,
    .scan_packets = cm_ogg_scan,
    .read_packets = cm_ogg_read_packets,
    .next_packet = cm_ogg_next_packet,
    .write_packets = cm_ogg_write_packets,
    .read_info = cm_ogg_read_info,
    .write_info = cm_ogg_write_info,
    .cookie_changed = cm_ogg_cookie_changed,
    .packet_info_changed = cm_ogg_accept,
    .can_change = cm_change_while_created,
    .property_info = cm_artwork_property_info,
    .get_property = cm_ogg_get_property,
    .set_property = cm_ogg_set_property,
};
