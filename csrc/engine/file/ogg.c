/*
 * ogg.c: Ogg files with Vorbis, Opus or FLAC in them (RFC 3533, 5334, 7845). The first such stream is read;
 * of streams in a row, each of which has its own priming and end, those behind it are not.
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
    OSStatus status = cm_ogg_read_head(f, &w);
    if (status == noErr) {
        f->format = (AudioStreamBasicDescription){ .mSampleRate = s->codec.rate,
                                                   .mFormatID = s->codec.format,
                                                   .mChannelsPerFrame = s->codec.channels };
        status = cm_ogg_make_cookie(f);
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
    .property_info = cm_artwork_property_info,
    .get_property = cm_ogg_get_property,
    .set_property = cm_ogg_set_property,
};
