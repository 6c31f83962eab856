#include "stream.h"

#include <stdlib.h>
#include <string.h>

#define READ_BYTES (32u * 1024)
#define MOST_HEADER_BYTES ((SInt64)4 << 20)

static bool make_room(cm_stream *s, UInt32 bytes)
{
    if (s->batch_capacity - s->batch_bytes >= bytes)
        return true;
    UInt8 *larger = realloc(s->batch, (size_t)s->batch_bytes + bytes);
    if (!larger)
        return false;
    s->batch = larger;
    s->batch_capacity = s->batch_bytes + bytes;
    return true;
}

/* Packets of constant size need no descriptions and are counted by their bytes; of others there is a list. */
static bool is_full(const cm_stream *s)
{
    return s->constant ? s->batch_bytes >= READ_BYTES : s->batch_count == CM_STREAM_BATCH_PACKETS;
}

/*
 * Packets to ask for: of constant size as many as have arrived, since waiting for more would hold back what
 * is there; of others one.
 */
static UInt32 wanted_packets(const cm_stream *s, UInt32 room)
{
    UInt32 size = s->file->format.mBytesPerPacket;
    if (!s->constant)
        return 1;
    SInt64 at = s->file->data_offset + s->next_packet * size;
    SInt64 arrived = (cm_feed_available(s->feed) - at) / size;
    SInt64 count = arrived < 1 ? 1 : arrived;
    return (UInt32)(count < room / size ? count : room / size);
}

static OSStatus add_to_batch(cm_stream *s, const UInt8 *packets, UInt32 bytes, UInt32 count,
                             const AudioStreamPacketDescription *described)
{
    if (!make_room(s, bytes))
        return cmMemFullError;
    for (UInt32 i = 0; !s->constant && i < count; i++) {
        s->descriptions[s->batch_count + i] = described[i];
        s->descriptions[s->batch_count + i].mStartOffset += s->batch_bytes;
    }
    if (bytes > 0) /* there may be no memory yet */
        memcpy(s->batch + s->batch_bytes, packets, bytes);
    s->batch_bytes += bytes;
    s->batch_count += count;
    s->next_packet += count;
    return noErr;
}

static OSStatus read_next(cm_stream *s)
{
    cm_forward_packet packet = { .size = 0 };
    OSStatus status = s->file->container->next_packet(s->file, &s->place, &packet);
    if (status != noErr)
        return status;
    AudioStreamPacketDescription described;
    cm_file_describe(s->file, &described, 0, packet.size, packet.frames);
    cm_feed_forget(s->feed, s->place.at);
    if (packet.size > s->largest_packet)
        s->largest_packet = packet.size;
    return add_to_batch(s, packet.bytes, packet.size, 1, &described);
}

typedef struct room {
    UInt8 *bytes;
    UInt32 size;
} room;

/* The bytes of the next packet, which exists, that must be there before memory is taken for it: a header may
 * lie. */
static OSStatus wait_for_packet(cm_stream *s, UInt32 size)
{
    const cm_file *f = s->file;
    UInt8 last;
    if (size == 0 || (s->constant && size <= READ_BYTES))
        return noErr;
    SInt64 at = s->constant ? f->data_offset + s->next_packet * size : f->table.offsets[s->next_packet];
    return cm_io_read_all(f->io, at + size - 1, &last, 1);
}

/* Finds the next packet, if need be, and makes room for it. */
static OSStatus prepare(cm_stream *s, room *to)
{
    cm_file *f = s->file;
    SInt64 count = 0;
    OSStatus status = f->grows ? f->container->more_packets(f, s->next_packet) : noErr;
    if (status == noErr)
        status = cm_file_count_packets(f, &count);
    if (status == noErr && s->next_packet >= count)
        status = kAudioFileEndOfFileError;
    if (status != noErr)
        return status;
    UInt32 size = s->constant ? f->format.mBytesPerPacket : f->table.sizes[s->next_packet];
    status = wait_for_packet(s, size);
    if (status != noErr || (to->bytes && size <= to->size))
        return status;
    to->size = size > READ_BYTES ? size : READ_BYTES;
    free(to->bytes);
    to->bytes = malloc(to->size);
    return to->bytes ? noErr : cmMemFullError;
}

/*
 * Reads into memory of its own: the read may pause for bytes, and then the client takes what the batch holds.
 */
static OSStatus read_more(cm_stream *s, room *packets)
{
    if (s->file->container->next_packet)
        return read_next(s);
    AudioStreamPacketDescription described;
    OSStatus status = prepare(s, packets);
    UInt32 bytes = packets->size, count = wanted_packets(s, bytes);
    if (status == noErr)
        status = cm_file_read_packets(s->file, s->next_packet, &count, s->constant ? NULL : &described,
                                      &bytes, packets->bytes);
    if (status != noErr)
        return status;
    status = add_to_batch(s, packets->bytes, bytes, count, &described);
    bool estimated;
    SInt64 next = 0;
    if (status == noErr && cm_stream_place(s, s->next_packet, &next, &estimated) == noErr)
        cm_feed_forget(s->feed, s->file->data_offset + next);
    return status;
}

static OSStatus open_file(cm_stream *s)
{
    cm_io *io = NULL;
    cm_file *file = NULL;
    OSStatus status = cm_feed_io(s->feed, &io);
    if (status == noErr)
        status = cm_file_open_io(io, kAudioFileReadPermission, s->hint, &file);
    if (status != noErr)
        return status;
    s->constant = file->format.mBytesPerPacket != 0 && !file->container->next_packet;
    s->file = file; /* only now: a file that is there counts as open */
    SInt64 head = s->file->data_offset < MOST_HEADER_BYTES ? s->file->data_offset : MOST_HEADER_BYTES;
    return cm_feed_keep_head(s->feed, head);
}

/* After a jump in a stream whose packets find themselves: a new parser, the same packet count. */
static OSStatus follow_jump(cm_stream *s)
{
    s->restarted = false;
    cm_feed_accept_restart(s->feed);
    if (cm_stream_has_places(s))
        return noErr;
    if (cm_stream_needs_head(s)) {
        cm_forward_end(&s->place);
        return noErr;
    }
    s->hint = s->file->type;
    s->packet_base += s->next_packet;
    s->next_packet = 0;
    cm_forward_end(&s->place);
    cm_file_free(s->file);
    s->file = NULL;
    cm_feed_keep_head(s->feed, 0);
    return open_file(s);
}

static bool is_end(OSStatus status)
{
    return status == kAudioFileEndOfFileError;
}

void cm_stream_work(void *stream)
{
    cm_stream *s = stream;
    OSStatus status = open_file(s);
    room packets = { 0 };
    if (status == noErr)
        cm_feed_pause(s->feed); /* so that the client hears of the format before the first packet */
    while (status == noErr && !cm_feed_stopping(s->feed)) {
        if (is_full(s))
            cm_feed_pause(s->feed);
        status = read_more(s, &packets);
        while (is_end(status) && !cm_feed_stopping(s->feed)) { /* all is out; a jump may bring more */
            s->drained = true;
            cm_feed_pause(s->feed);
            if (s->restarted)
                status = noErr;
        }
        if (s->restarted && !cm_feed_stopping(s->feed))
            status = follow_jump(s);
    }
    free(packets.bytes);
    s->status = status;
}
