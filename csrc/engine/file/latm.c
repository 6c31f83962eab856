#include "latm.h"

#include "../format/bits.h"

#include <AudioToolbox/AudioFile.h>
#include <string.h>

#define SYNC 0x2B7u
#define MOST_CONFIG_BITS (8u * CM_AAC_CONFIG_MAX)
#define FULLNESS_UNKNOWN 0xFFu /* of the decoder's buffer, at a rate that varies */

enum { LENGTH_TOLD, LENGTH_FIXED }; /* frameLengthType */

static OSStatus unsupported(const char *what)
{
    return cm_fail(kAudioFileUnsupportedDataFormatError, "LATM with %s", what);
}

static UInt32 get_value(cm_bits *bits) /* LatmGetValue */
{
    UInt32 bytes = cm_bits_get(bits, 2) + 1;
    return cm_bits_get(bits, 8 * bytes);
}

/* The whole of it is AudioSpecificConfig when its length is told; else it ends where its own fields do, and
 * nothing can follow them. */
static OSStatus get_audio_config(cm_bits *bits, UInt32 told_bits, cm_latm_config *config)
{
    size_t from = bits->at, left = cm_bits_left(bits), length = told_bits ? told_bits : left;
    cm_aac_config parsed;
    if (length > left)
        return kAudioFileInvalidFileError;
    length = length < MOST_CONFIG_BITS ? length : MOST_CONFIG_BITS;
    for (int pass = 0; pass < 2; pass++) { /* once more when it has been cut to its length */
        cm_bit_writer to = { .bytes = config->audio, .end = MOST_CONFIG_BITS };
        cm_bits source = { .bytes = bits->bytes, .at = from, .end = from + length };
        memset(config->audio, 0, sizeof config->audio);
        while (source.at < source.end)
            cm_bits_put(&to, cm_bits_get(&source, 1), 1);
        config->audio_size = (length + 7) / 8;
        if (cm_aac_config_parse(config->audio, config->audio_size, &parsed) != noErr)
            return unsupported("another codec than AAC");
        if (told_bits)
            break;
        bool ends_itself = parsed.object_type != CM_AAC_ELD && parsed.object_type != CM_AAC_USAC;
        if (!ends_itself || parsed.specific_to > length)
            return unsupported("a codec whose configuration has no end");
        length = parsed.specific_to;
    }
    cm_bits_skip(bits, told_bits ? told_bits : length);
    return noErr;
}

static OSStatus get_length_type(cm_bits *bits, cm_latm_config *config)
{
    switch (cm_bits_get(bits, 3)) {
    case LENGTH_TOLD:
        cm_bits_skip(bits, 8); /* fullness of the decoder's buffer */
        config->fixed_size = 0;
        return noErr;
    case LENGTH_FIXED:
        config->fixed_size = cm_bits_get(bits, 9) + 20;
        return noErr;
    default:
        return unsupported("CELP or HVXC in it");
    }
}

static OSStatus get_config(cm_bits *bits, cm_latm_config *config)
{
    UInt32 version = cm_bits_get(bits, 1);
    if (version && cm_bits_get(bits, 1))
        return unsupported("a syntax of its own");
    if (version)
        get_value(bits); /* fullness of the buffer */
    bool same_timing = cm_bits_get(bits, 1) != 0;
    config->payloads = cm_bits_get(bits, 6) + 1;
    UInt32 programs = cm_bits_get(bits, 4) + 1, layers = cm_bits_get(bits, 3) + 1;
    if (!same_timing || programs > 1 || layers > 1)
        return unsupported("several programs or layers");
    UInt32 told_bits = version ? get_value(bits) : 0;
    if (version && told_bits == 0)
        return kAudioFileInvalidFileError;
    OSStatus status = get_audio_config(bits, told_bits, config);
    if (status == noErr)
        status = get_length_type(bits, config);
    if (status != noErr)
        return status;
    if (cm_bits_get(bits, 1)) { /* how much other data is behind the payloads */
        if (version)
            get_value(bits);
        for (bool more = !version; more && !cm_bits_overrun(bits); cm_bits_skip(bits, 8))
            more = cm_bits_get(bits, 1) != 0;
    }
    if (cm_bits_get(bits, 1))
        cm_bits_skip(bits, 8); /* checksum */
    return cm_bits_overrun(bits) ? kAudioFileInvalidFileError : noErr;
}

static UInt32 get_length(cm_bits *bits)
{
    UInt32 length = 0, part;
    do
        length += part = cm_bits_get(bits, 8);
    while (part == 255);
    return length;
}

OSStatus cm_latm_parse(const UInt8 *element, size_t size, cm_latm_config *config,
                       cm_latm_payload payloads[CM_LATM_PAYLOADS], UInt32 *count)
{
    cm_bits bits = cm_bits_of(element, size);
    cm_latm_config now = *config;
    OSStatus status = cm_bits_get(&bits, 1) ? noErr : get_config(&bits, &now);
    *count = 0;
    if (status != noErr || now.audio_size == 0)
        return status;
    for (UInt32 i = 0; i < now.payloads; i++) {
        UInt32 length = now.fixed_size ? now.fixed_size : get_length(&bits);
        if (cm_bits_left(&bits) < 8 * (size_t)length)
            return kAudioFileInvalidFileError;
        payloads[i] = (cm_latm_payload){ bits.at, length };
        cm_bits_skip(&bits, 8 * (size_t)length);
    }
    *config = now;
    *count = now.payloads;
    return noErr;
}

bool cm_latm_same(const cm_latm_config *a, const cm_latm_config *b)
{
    return a->audio_size == b->audio_size && memcmp(a->audio, b->audio, a->audio_size) == 0;
}

void cm_latm_copy(const UInt8 *from, unsigned bit, UInt32 size, UInt8 *to)
{
    if (bit == 0) {
        memcpy(to, from, size);
        return;
    }
    for (UInt32 i = 0; i < size; i++)
        to[i] = (UInt8)(from[i] << bit | from[i + 1] >> (8 - bit));
}

UInt32 cm_loas_size(const UInt8 *head)
{
    bool is_sync = head[0] == SYNC >> 3 && head[1] >> 5 == (SYNC & 7);
    UInt32 length = (head[1] & 31u) << 8 | head[2];
    return is_sync && length > 0 ? CM_LOAS_HEAD + length : 0;
}

/* ---- writing ---- */

static void put_config(cm_bit_writer *w, const cm_latm_config *config)
{
    UInt32 bits = 8 * (UInt32)config->audio_size;
    cm_aac_config parsed;
    OSStatus status = cm_aac_config_parse(config->audio, config->audio_size, &parsed);
    bool has_end = parsed.object_type != CM_AAC_ELD && parsed.object_type != CM_AAC_USAC;
    /* Version 1 tells how long the configuration is; version 0 is older, and enough where that is plain. */
    bool version = status != noErr || !has_end || bits - (UInt32)parsed.specific_to >= 8;
    if (!version)
        bits = (UInt32)parsed.specific_to;
    cm_bits_put(w, version, 1);
    if (version) {
        cm_bits_put(w, 0, 1);
        cm_bits_put(w, FULLNESS_UNKNOWN, 2 + 8);
    }
    cm_bits_put(w, 1, 1);
    cm_bits_put(w, 0, 6 + 4 + 3); /* one payload, one program, one layer */
    if (version) {
        cm_bits_put(w, 1, 2);
        cm_bits_put(w, bits, 16);
    }
    for (UInt32 i = 0; i < bits; i++)
        cm_bits_put(w, (UInt32)config->audio[i / 8] >> (7 - i % 8) & 1, 1);
    cm_bits_put(w, LENGTH_TOLD, 3);
    cm_bits_put(w, FULLNESS_UNKNOWN, 8);
    cm_bits_put(w, 0, 2); /* no other data, no checksum */
}

UInt32 cm_loas_make(const cm_latm_config *config, bool tell, const UInt8 *packet, UInt32 size, UInt8 *to,
                    size_t *bit)
{
    cm_bit_writer w = { .bytes = to, .end = 8 * (size_t)CM_LOAS_MOST };
    memset(to, 0, CM_LOAS_MOST);
    cm_bits_put(&w, SYNC, 11);
    w.at += 13; /* the length, when it is known */
    cm_bits_put(&w, !tell, 1);
    if (tell)
        put_config(&w, config);
    for (UInt32 left = size;; left -= 255) {
        cm_bits_put(&w, left < 255 ? left : 255, 8);
        if (left < 255)
            break;
    }
    *bit = w.at;
    if (w.at + 8 * (size_t)size > w.end)
        return 0;
    for (UInt32 i = 0; i < size; i++)
        cm_bits_put(&w, packet[i], 8);
    UInt32 length = (UInt32)(w.at + 7) / 8 - CM_LOAS_HEAD;
    to[1] |= (UInt8)(length >> 8);
    to[2] = (UInt8)length;
    return CM_LOAS_HEAD + length;
}
