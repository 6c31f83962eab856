#include "aac_layers.h"

#include "../codec/codec.h"
#include "../format/aac_config.h"
#include "../format/cookie.h"

#include <AudioToolbox/AudioCodec.h>

#define HIGHEST_OPEN_RATE 24000u /* Hz of a base layer that may have SBR without saying so */

/* The AudioSpecificConfig in the cookie of AAC, parsed; original is its bytes. */
static bool parse(const cm_file *f, cm_aac_config *config, cm_span *original)
{
    AudioFormatID id = f->format.mFormatID;
    bool is_aac = id == kAudioFormatMPEG4AAC || id == kAudioFormatMPEG4AAC_HE ||
                  id == kAudioFormatMPEG4AAC_HE_V2;
    if (!is_aac || !f->cookie)
        return false;
    cm_span cookie = { CFDataGetBytePtr(f->cookie), (size_t)CFDataGetLength(f->cookie) };
    return cm_cookie_find_aac(cookie, original) &&
           cm_aac_config_parse(original->bytes, original->size, config) == noErr;
}

UInt32 cm_aac_layers(const cm_file *f, AudioStreamBasicDescription formats[3])
{
    cm_aac_config config;
    cm_span original;
    formats[0] = f->format;
    if (f->format.mFormatID == kAudioFormatMPEG4AAC || !parse(f, &config, &original))
        return 1;
    if (config.channels == 0)
        config.channels = f->format.mChannelsPerFrame;
    return cm_aac_formats(&config, formats);
}

bool cm_aac_is_open(const cm_file *f)
{
    cm_aac_config config;
    cm_span original;
    return parse(f, &config, &original) && config.object_type == CM_AAC_LC && config.sbr == CM_AAC_NOT_SAID &&
           config.rate <= HIGHEST_OPEN_RATE;
}

static bool packet_has_extension(const cm_file *f, const void *packet, size_t size)
{
    const cm_codec *codec = cm_codec_find(kAudioDecoderComponentType, f->format.mFormatID, 0);
    cm_codec_config config = { .format = f->format,
                               .cookie = CFDataGetBytePtr(f->cookie),
                               .cookie_size = (size_t)CFDataGetLength(f->cookie) };
    cm_packet first = { .data = packet, .size = (UInt32)size };
    return codec && codec->finds_extension && size > 0 && size <= UINT32_MAX &&
           codec->finds_extension(codec, &config, &first);
}

OSStatus cm_aac_find_layers(cm_file *f, const void *packet, size_t size)
{
    AudioStreamBasicDescription formats[3];
    UInt8 bytes[CM_AAC_CONFIG_MAX], cookie[CM_AAC_CONFIG_MAX + CM_ESDS_OVERHEAD];
    cm_aac_config config;
    cm_span original;
    if (!cm_aac_is_open(f) || !parse(f, &config, &original) || !packet_has_extension(f, packet, size))
        return noErr;
    config.sbr = CM_AAC_PRESENT;
    config.sbr_rate = 2 * config.rate;
    config.ps = config.channels == 1 ? CM_AAC_PRESENT : CM_AAC_ABSENT;
    size = cm_aac_config_write(&config, original.bytes, bytes);
    if (size == 0)
        return noErr;
    size = cm_cookie_write_esds(0x40, 768 * f->format.mChannelsPerFrame, 0, 0, (cm_span){ bytes, size },
                                cookie);
    CFDataRef made = CFDataCreate(NULL, cookie, (CFIndex)size);
    if (!made)
        return cmMemFullError;
    CFRelease(f->cookie);
    f->cookie = made;
    cm_aac_formats(&config, formats);
    f->format = formats[0];
    return noErr;
}
