#include "frame_reader.h"

#include "file.h"
#include "links.h"
#include "pcm_reader.h"

#include <math.h>
#include <stdlib.h>

#define BATCH_BYTES (64u * 1024)
#define BATCH_PACKETS 256u

struct cm_frame_reader {
    cm_file *file;
    cm_pcm pcm;
    Float64 rate;
    SInt64 position; /* of the next frame, priming not counted */
    SInt64 length;   /* -1 until known */
    bool linear;     /* PCM in the file: no decoder */

    const cm_codec *codec;
    void *decoder;
    CFDataRef cookie; /* that the decoder was opened with; the file's */
    cm_codec_info info;
    UInt32 scale; /* decoded frames per frame of the file's nominal rate */
    SInt64 priming;

    UInt8 *batch; /* packets read ahead */
    UInt32 batch_size;
    AudioStreamPacketDescription *descriptions;
    UInt32 batch_count, batch_next;
    SInt64 batch_first; /* number of the packet at descriptions[0] */

    bool restart;       /* position was changed: find its packet before reading */
    SInt64 stop;        /* in a file of several streams: the frame behind the one that is being read */
    SInt64 stop_packet; /* the packet behind it */
    UInt32 preroll;     /* packets left to send whose output is dropped */
    bool dropping;      /* what comes out now is such output */
    SInt64 discard;     /* decoded frames left to drop */
    bool packets_ended; /* the decoder was told so */
    cm_pcm_block block; /* lent by the decoder */
    size_t block_used;
    const void **planes; /* of what is lent on */
};

static OSStatus open_codec(cm_frame_reader *r, CFDataRef cookie)
{
    cm_file *f = r->file;
    cm_codec_config config = {
        .format = f->format,
        .cookie = cookie ? CFDataGetBytePtr(cookie) : NULL,
        .cookie_size = cookie ? (size_t)CFDataGetLength(cookie) : 0,
        .layout = f->layout,
    };
    r->cookie = cookie;
    return r->codec->open(r->codec, &config, &r->decoder, &r->info);
}

static OSStatus open_decoder(cm_frame_reader *r)
{
    cm_file *f = r->file;
    r->codec = cm_codec_find(kAudioDecoderComponentType, f->format.mFormatID, 0);
    if (!r->codec)
        return kAudioFileUnsupportedDataFormatError;
    OSStatus status = open_codec(r, f->cookie);
    if (status != noErr)
        return status;
    r->pcm = r->info.pcm;
    r->rate = r->info.pcm_rate > 0 ? r->info.pcm_rate : f->format.mSampleRate;
    double ratio = f->format.mSampleRate > 0 ? r->rate / f->format.mSampleRate : 1;
    r->scale = ratio >= 1.5 ? (UInt32)lround(ratio) : 1;
    if (f->has_packet_info)
        r->priming = (SInt64)f->packet_info.mPrimingFrames * r->scale;
    r->batch_size = BATCH_BYTES;
    r->batch = malloc(r->batch_size);
    r->descriptions = calloc(BATCH_PACKETS, sizeof *r->descriptions);
    r->restart = true;
    return r->batch && r->descriptions ? noErr : cmMemFullError;
}

OSStatus cm_frame_reader_new(cm_file *f, cm_frame_reader **out)
{
    OSStatus status = cm_file_check_readable(f);
    *out = NULL;
    if (status != noErr)
        return status;
    cm_frame_reader *r = calloc(1, sizeof *r);
    if (!r)
        return cmMemFullError;
    r->file = f;
    r->length = -1;
    r->stop = r->stop_packet = INT64_MAX;
    r->scale = 1;
    r->rate = f->format.mSampleRate;
    r->linear = f->format.mFormatID == kAudioFormatLinearPCM;
    status = r->linear ? cm_pcm_from_asbd(&f->format, &r->pcm) : open_decoder(r);
    if (status == noErr) {
        r->planes = calloc(r->pcm.channels, sizeof *r->planes);
        status = r->planes ? noErr : cmMemFullError;
    }
    if (status != noErr) {
        cm_frame_reader_free(r);
        return status;
    }
    *out = r;
    return noErr;
}

void cm_frame_reader_free(cm_frame_reader *r)
{
    if (!r)
        return;
    if (r->codec)
        r->codec->close(r->decoder);
    free(r->batch);
    free(r->descriptions);
    free(r->planes);
    free(r);
}

const cm_pcm *cm_frame_reader_pcm(const cm_frame_reader *r)
{
    return &r->pcm;
}

Float64 cm_frame_reader_rate(const cm_frame_reader *r)
{
    return r->rate;
}

OSStatus cm_frame_reader_length(cm_frame_reader *r, SInt64 *frames)
{
    OSStatus status = noErr;
    if (r->length < 0) {
        AudioFilePacketTableInfo info;
        status = cm_file_frames(r->file, &info);
        if (status == noErr)
            r->length = info.mNumberValidFrames * r->scale;
    }
    *frames = r->length;
    return status;
}

SInt64 cm_frame_reader_tell(const cm_frame_reader *r)
{
    return r->position;
}

OSStatus cm_frame_reader_seek(cm_frame_reader *r, SInt64 frame)
{
    if (frame < 0)
        return kAudioFilePositionError;
    if (frame != r->position)
        r->restart = true;
    r->position = frame;
    return noErr;
}

/* ---- decoding ---- */

/* The packet that holds a decoded frame, and the decoded frames before it in that packet. */
static OSStatus packet_of_frame(cm_frame_reader *r, SInt64 frame, SInt64 *packet, SInt64 *offset)
{
    AudioFramePacketTranslation place = { .mFrame = frame / r->scale };
    UInt32 per_packet = r->file->format.mFramesPerPacket;
    if (per_packet) {
        place.mPacket = place.mFrame / per_packet;
        place.mFrameOffsetInPacket = (UInt32)(place.mFrame % per_packet);
    } else {
        UInt32 size = sizeof place;
        OSStatus status = cm_file_get_property(r->file, kAudioFilePropertyFrameToPacket, &size, &place);
        if (status != noErr)
            return status;
    }
    *packet = place.mPacket;
    *offset = (SInt64)place.mFrameOffsetInPacket * r->scale + frame % r->scale;
    return noErr;
}

/* The same in one of several streams. */
static void packet_in_link(cm_frame_reader *r, const cm_link *link, SInt64 *packet, SInt64 *offset)
{
    *packet = link->packet;
    *offset = r->position - link->first + link->priming;
    while (*packet < link->end_packet && *offset >= cm_file_packet_frames(r->file, *packet))
        *offset -= cm_file_packet_frames(r->file, (*packet)++);
}

/* A decoder for a stream's packets, which may not be what the file's own cookie describes. */
static OSStatus prepare_decoder(cm_frame_reader *r, CFDataRef cookie)
{
    if (!cookie || cookie == r->cookie || CFEqual(cookie, r->cookie))
        return r->codec->reset(r->decoder);
    r->codec->close(r->decoder);
    r->decoder = NULL;
    OSStatus status = open_codec(r, cookie);
    const cm_pcm *is = &r->info.pcm;
    bool same = is->channels == r->pcm.channels && is->bytes == r->pcm.bytes && is->planar == r->pcm.planar;
    return status == noErr && !same ? kAudioFileInvalidFileError : status;
}

/* The packet to begin with, so that the decoder is in the right state at `packet`; not before `begin`. */
static SInt64 preroll_start(const cm_frame_reader *r, SInt64 packet, SInt64 begin)
{
    SInt64 first = packet, frames = 0;
    while (first > begin && (packet - first < r->info.preroll_packets || frames < r->info.preroll_frames))
        frames += cm_file_packet_frames(r->file, --first);
    return first;
}

static OSStatus start_at_position(cm_frame_reader *r)
{
    SInt64 packet, offset, begin = 0;
    const cm_link *link = cm_link_of_frame(r->file, r->position);
    OSStatus status = noErr;
    r->stop = r->stop_packet = INT64_MAX;
    if (link) {
        packet_in_link(r, link, &packet, &offset);
        begin = link->packet;
        if (link != &r->file->links[r->file->link_count - 1]) {
            r->stop = link->first + link->frames;
            r->stop_packet = link->end_packet;
        }
    } else {
        status = packet_of_frame(r, r->position + r->priming, &packet, &offset);
    }
    if (status == noErr)
        status = prepare_decoder(r, link ? link->cookie : NULL);
    if (status != noErr)
        return status;
    SInt64 first = preroll_start(r, packet, begin);
    r->preroll = (UInt32)(packet - first);
    r->discard = offset;
    r->dropping = false;
    r->batch_first = first;
    r->batch_count = r->batch_next = 0;
    r->block.frames = r->block_used = 0;
    r->packets_ended = false;
    r->restart = false;
    return noErr;
}

static OSStatus grow_batch(cm_frame_reader *r)
{
    UInt32 largest;
    OSStatus status = cm_file_max_packet_size(r->file, &largest);
    if (status != noErr || largest <= r->batch_size)
        return status != noErr ? status : kAudioFileInvalidFileError;
    UInt8 *larger = realloc(r->batch, largest);
    if (!larger)
        return cmMemFullError;
    r->batch = larger;
    r->batch_size = largest;
    return noErr;
}

/* Reads the next packets; batch_count 0 at the end of the file. */
static OSStatus read_batch(cm_frame_reader *r)
{
    r->batch_first += r->batch_count;
    r->batch_next = 0;
    for (int attempt = 0; attempt < 2; attempt++) {
        UInt32 bytes = r->batch_size;
        SInt64 left = r->stop_packet - r->batch_first;
        r->batch_count = left < BATCH_PACKETS ? (UInt32)left : BATCH_PACKETS;
        if (r->batch_count == 0)
            return noErr;
        OSStatus status = cm_file_read_packets(r->file, r->batch_first, &r->batch_count, r->descriptions,
                                               &bytes, r->batch);
        if (status == kAudioFileEndOfFileError) {
            r->batch_count = 0;
            return noErr;
        }
        if (status != cmParamError)
            return status;
        status = grow_batch(r); /* the next packet alone is larger than the buffer */
        if (status != noErr)
            return status;
    }
    return kAudioFileInvalidFileError;
}

/* Decoders make up for single damaged packets with silence; what they refuse is beyond that. */
static OSStatus file_status(const cm_frame_reader *r, OSStatus status)
{
    if (status != kAudioCodecBadDataError)
        return status;
    return cm_fail(kAudioFileInvalidFileError, "the packets around frame %lld are damaged",
                   (long long)r->position);
}

static OSStatus send_next_packet(cm_frame_reader *r)
{
    OSStatus status = noErr;
    if (r->batch_next == r->batch_count)
        status = read_batch(r);
    if (status != noErr)
        return status;
    if (r->batch_count == 0) {
        r->packets_ended = true;
        return r->codec->send_packet(r->decoder, &(cm_packet){ .data = NULL });
    }
    const AudioStreamPacketDescription *d = &r->descriptions[r->batch_next];
    cm_packet packet = { .data = r->batch + d->mStartOffset, .size = d->mDataByteSize };
    packet.frames = cm_file_packet_frames(r->file, r->batch_first + r->batch_next);
    r->batch_next++;
    r->dropping = r->preroll > 0;
    r->preroll -= r->dropping;
    return r->codec->send_packet(r->decoder, &packet);
}

/* Drops what comes before the wanted frame. */
static void skip_unwanted(cm_frame_reader *r)
{
    size_t left = r->block.frames - r->block_used;
    if (r->dropping) {
        r->block_used = r->block.frames;
    } else if (r->discard > 0) {
        size_t drop = (SInt64)left < r->discard ? left : (size_t)r->discard;
        r->block_used += drop;
        r->discard -= (SInt64)drop;
    }
}

/* Until the current block has a frame to give; block.frames 0 at the end. */
static OSStatus decode_block(cm_frame_reader *r)
{
    OSStatus status = noErr;
    while (status == noErr) {
        skip_unwanted(r);
        if (r->block_used < r->block.frames)
            return noErr;
        r->block_used = 0;
        status = r->codec->receive_block(r->decoder, &r->block);
        if (status != noErr || r->block.frames > 0)
            continue;
        if (r->packets_ended)
            return noErr;
        status = send_next_packet(r);
    }
    return file_status(r, status);
}

/* Frames of the current block that can be lent: none behind the end of the file, or of the stream in it. */
static size_t frames_to_lend(const cm_frame_reader *r, size_t max)
{
    SInt64 end = r->length >= 0 && r->length < r->stop ? r->length : r->stop;
    SInt64 left = r->position < end ? end - r->position : 0;
    size_t frames = r->block.frames - r->block_used;
    frames = frames < max ? frames : max;
    return (SInt64)frames > left ? (size_t)left : frames;
}

static OSStatus next_decoded(cm_frame_reader *r, size_t max, cm_pcm_block *block)
{
    OSStatus status = noErr;
    size_t frames = 0;
    for (bool again = true; again && status == noErr;) {
        status = r->restart ? start_at_position(r) : noErr;
        if (status == noErr)
            status = decode_block(r);
        frames = frames_to_lend(r, max);
        again = frames == 0 && max > 0 && r->stop != INT64_MAX;
        if (again) { /* the next stream begins */
            r->position = r->stop;
            r->restart = true;
        }
    }
    if (status != noErr)
        return status;
    size_t skipped = r->block_used * cm_pcm_stride(&r->pcm);
    UInt32 count = r->pcm.planar ? r->pcm.channels : 1;
    for (UInt32 c = 0; c < count; c++)
        r->planes[c] = (const char *)r->block.planes[c] + skipped;
    r->block_used += frames;
    *block = (cm_pcm_block){ .format = r->pcm, .planes = r->planes, .frames = frames };
    return noErr;
}

static OSStatus next_linear(cm_frame_reader *r, size_t max, cm_pcm_block *block)
{
    size_t stride = cm_pcm_stride(&r->pcm);
    if (!r->batch) {
        r->batch_size = BATCH_BYTES > stride ? BATCH_BYTES : (UInt32)stride;
        r->batch = malloc(r->batch_size);
        if (!r->batch)
            return cmMemFullError;
    }
    size_t frames = r->batch_size / stride < max ? r->batch_size / stride : max;
    void *plane = r->batch;
    OSStatus status = cm_pcm_read(r->file, &r->pcm, r->position, &r->pcm, &plane, frames, &frames);
    r->planes[0] = r->batch;
    *block = (cm_pcm_block){ .format = r->pcm, .planes = r->planes, .frames = frames };
    return status;
}

/* ---- reading ---- */

OSStatus cm_frame_reader_next(cm_frame_reader *r, size_t max, cm_pcm_block *block)
{
    SInt64 length;
    block->frames = 0;
    OSStatus status = r->linear || r->file->has_packet_info ? cm_frame_reader_length(r, &length) : noErr;
    if (status != noErr || (r->length >= 0 && r->position >= r->length))
        return status;
    status = r->linear ? next_linear(r, max, block) : next_decoded(r, max, block);
    if (status == noErr)
        r->position += (SInt64)block->frames;
    return status;
}

static void offset_planes(const cm_pcm *pcm, void *const *planes, size_t frames, void **out)
{
    for (UInt32 c = 0; c < (pcm->planar ? pcm->channels : 1); c++)
        out[c] = (char *)planes[c] + frames * cm_pcm_stride(pcm);
}

OSStatus cm_frame_reader_read(cm_frame_reader *r, const cm_pcm *to, void *const *planes, size_t frames,
                              size_t *got)
{
    OSStatus status = noErr;
    *got = 0;
    if (to->channels != r->pcm.channels)
        return cmParamError;
    if (r->linear) {
        status = cm_pcm_read(r->file, &r->pcm, r->position, to, planes, frames, got);
        r->position += (SInt64)*got;
        return status;
    }
    void *at[CM_MAX_CHANNELS];
    while (*got < frames) {
        cm_pcm_block block;
        status = cm_frame_reader_next(r, frames - *got, &block);
        if (status != noErr || block.frames == 0)
            break;
        offset_planes(to, planes, *got, at);
        cm_pcm_convert(to, at, &block.format, block.planes, block.frames);
        *got += block.frames;
    }
    return *got > 0 ? noErr : status;
}
