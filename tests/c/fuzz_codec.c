/*
 * Any bytes as packets for the engine's own decoders. The first byte picks one, the next the channels, then
 * come a magic cookie of 24 bytes and packets, each behind two bytes of length. Seeds: tests/c/corpus/codec.
 */
#include "base/bytes.h"
#include "codec/codec.h"

#include <AudioToolbox/AudioCodec.h>
#include <coremusic/engine.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 2, COOKIE = 24 };

static const AudioFormatID formats[] = { kAudioFormatAppleLossless, kAudioFormatAppleIMA4,
                                         kAudioFormatDVIIntelIMA,   kCMAudioFormatMicrosoftADPCM,
                                         kAudioFormatALaw,          kAudioFormatULaw };

static void send_packets(const cm_codec *codec, void *instance, const uint8_t *data, size_t size)
{
    while (size > 2) {
        size_t length = cm_get_be16(data);
        data += 2;
        size -= 2;
        length = length < size ? length : size;
        uint8_t *exact = malloc(length ? length : 1); /* so that a byte too far is seen */
        memcpy(exact, data, length);
        cm_packet packet = { exact, (UInt32)length, 0 };
        codec->send_packet(instance, &packet);
        free(exact);
        cm_pcm_block block;
        long sum = 0;
        while (codec->receive_block(instance, &block) == noErr && block.frames > 0) {
            const uint8_t *bytes = block.planes[0];
            for (size_t i = 0; i < block.frames * cm_pcm_stride(&block.format); i++)
                sum += bytes[i];
        }
        if (sum == -1)
            abort();
        data += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD + COOKIE)
        return 0;
    AudioFormatID id = formats[data[0] % (sizeof formats / sizeof *formats)];
    const cm_codec *codec = cm_codec_find(kAudioDecoderComponentType, id, CM_CODEC_OWN);
    cm_codec_config config = { .format = { .mSampleRate = 44100,
                                           .mFormatID = id,
                                           .mBytesPerPacket = cm_get_be16(data + HEAD),
                                           .mChannelsPerFrame = data[1] },
                               .cookie = data + HEAD,
                               .cookie_size = COOKIE };
    void *instance = NULL;
    cm_codec_info info;
    if (codec->open(codec, &config, &instance, &info) == noErr)
        send_packets(codec, instance, data + HEAD + COOKIE, size - HEAD - COOKIE);
    codec->close(instance);
    return 0;
}
