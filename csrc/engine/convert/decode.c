/* The first stage of a chain from a compressed format: sends packets to a decoder and lends what it lends. */
#include "feed.h"
#include "open_codec.h"

#include <stdlib.h>

typedef struct decoding {
    cm_stage stage;
    cm_feed *feed;
    cm_open_codec *codec;
    cm_pcm_block block; /* from the decoder; `used` frames of it are gone */
    size_t used;
    bool finishing; /* the decoder was told that there is no more */
    const void *planes[CM_MAX_CHANNELS];
} decoding;

static OSStatus send_next(decoding *d, size_t wanted)
{
    UInt32 length = d->codec->info.frames_per_packet;
    size_t packets = length ? (wanted + length - 1) / length : 1;
    cm_packet packet = { NULL, 0, 0 };
    OSStatus status = cm_feed_fill(d->feed, packets);
    if (status != noErr)
        return status;
    if (cm_feed_left(d->feed) > 0)
        cm_feed_take_packet(d->feed, packets, &packet);
    else
        d->finishing = true;
    return d->codec->codec->send_packet(d->codec->instance, &packet);
}

static OSStatus next_block(decoding *d, size_t wanted)
{
    d->used = 0;
    for (;;) {
        d->block.frames = 0;
        OSStatus status = d->codec->codec->receive_block(d->codec->instance, &d->block);
        if (status != noErr) {
            d->block.frames = 0;
            return status;
        }
        if (d->block.frames > 0 || d->finishing)
            break;
        status = send_next(d, wanted);
        if (status != noErr)
            return status;
    }
    bool fits = d->block.frames == 0 || d->block.format.channels == d->stage.pcm.channels;
    return fits ? noErr
                : cm_fail(kAudioConverterErr_FormatNotSupported, "the stream changes from %u channels to %u",
                          d->stage.pcm.channels, d->block.format.channels);
}

static OSStatus pull(cm_stage *stage, size_t wanted, void *const *into, cm_pcm_block *block)
{
    (void)into;
    decoding *d = (decoding *)stage;
    *block = (cm_pcm_block){ stage->pcm, d->planes, 0 };
    if (d->used == d->block.frames) {
        OSStatus status = next_block(d, wanted);
        if (status != noErr || d->block.frames == 0)
            return status;
    }
    size_t left = d->block.frames - d->used;
    block->format = d->block.format;
    block->frames = left < wanted ? left : wanted;
    size_t at = d->used * cm_pcm_stride(&block->format);
    for (UInt32 i = 0; i < cm_plane_count(&block->format); i++)
        d->planes[i] = (const UInt8 *)d->block.planes[i] + at;
    d->used += block->frames;
    return noErr;
}

static OSStatus reset(cm_stage *stage)
{
    decoding *d = (decoding *)stage;
    d->block.frames = d->used = 0;
    d->finishing = false;
    return d->codec->codec->reset(d->codec->instance);
}

static void close_decoding(cm_stage *stage)
{
    free(stage);
}

static const cm_stage_kind kind = { .pull = pull, .reset = reset, .close = close_decoding };

OSStatus cm_stage_add_decoder(cm_stage **chain, cm_feed *feed, cm_open_codec *codec)
{
    decoding *d = calloc(1, sizeof *d);
    if (!d)
        return kAudio_MemFullError;
    d->stage = (cm_stage){ .kind = &kind, .source = *chain, .pcm = codec->info.pcm };
    d->feed = feed;
    d->codec = codec;
    *chain = &d->stage;
    return noErr;
}
