/*
 * Any bytes as a stream that arrives in pieces of any size, with jumps between them. Seeds: the other
 * corpora. The packets of a stream without jumps must not depend on the size of the pieces.
 */
#include <AudioToolbox/AudioFileStream.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct heard {
    uint64_t sum, bytes, packets;
} heard;

static void on_property(void *client, AudioFileStreamID stream, AudioFileStreamPropertyID id,
                        AudioFileStreamPropertyFlags *flags)
{
    (void)client, (void)flags;
    UInt32 size = 0;
    if (AudioFileStreamGetPropertyInfo(stream, id, &size, NULL) != noErr || size > 1 << 20)
        return;
    void *data = malloc(size + 1);
    OSStatus status = AudioFileStreamGetProperty(stream, id, &size, data);
    if (status == noErr && id == kAudioFileStreamProperty_InfoDictionary)
        CFRelease(*(CFDictionaryRef *)data);
    free(data);
}

static void on_packets(void *client, UInt32 size, UInt32 count, const void *bytes,
                       AudioStreamPacketDescription *described)
{
    heard *h = client;
    const UInt8 *b = bytes;
    for (UInt32 i = 0; i < size; i++)
        h->sum = h->sum * 31 + b[i];
    for (UInt32 i = 0; described && i < count; i++)
        if (described[i].mStartOffset < 0 || described[i].mStartOffset + described[i].mDataByteSize > size)
            abort();
    h->bytes += size;
    h->packets += count;
}

static heard parse(const uint8_t *data, size_t size, size_t piece, const uint8_t *jumps)
{
    heard h = { 0 };
    AudioFileStreamID stream;
    if (AudioFileStreamOpen(&h, on_property, on_packets, 0, &stream) != noErr)
        abort();
    for (size_t at = 0, turn = 0; at < size; at += piece, turn++) {
        UInt32 n = (UInt32)(size - at < piece ? size - at : piece);
        bool jump = jumps && jumps[turn % 2] % 5 == turn % 7;
        SInt64 offset;
        AudioFileStreamSeekFlags flags = 0;
        if (jump)
            AudioFileStreamSeek(stream, jumps[turn % 2], &offset, &flags);
        if (AudioFileStreamParseBytes(stream, n, data + at,
                                      jump ? kAudioFileStreamParseFlag_Discontinuity : 0))
            break;
    }
    AudioFileStreamParseBytes(stream, 0, NULL, 0);
    AudioFileStreamClose(stream);
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    heard whole = parse(data, size, size, NULL), pieces = parse(data, size, 1u + data[size - 1], NULL);
    if (whole.packets != pieces.packets || whole.bytes != pieces.bytes || whole.sum != pieces.sum) {
        fprintf(stderr, "%llu packets in one piece, %llu in pieces of %u\n",
                (unsigned long long)whole.packets, (unsigned long long)pieces.packets, 1u + data[size - 1]);
        abort();
    }
    parse(data, size, 1u + data[size - 2], data + size - 2);
    return 0;
}
