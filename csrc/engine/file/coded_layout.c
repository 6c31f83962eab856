#include "coded_layout.h"

#include <coremusic/engine.h>
#include <stdlib.h>

#define MOST_CHANNELS 8u

/* Orders of 3 to 8 channels. */
static const AudioChannelLayoutTag mpeg4[] = {
    kAudioChannelLayoutTag_AAC_3_0, kAudioChannelLayoutTag_AAC_4_0, kAudioChannelLayoutTag_AAC_5_0,
    kAudioChannelLayoutTag_AAC_5_1, kAudioChannelLayoutTag_AAC_6_1, kAudioChannelLayoutTag_AAC_7_1,
};
static const AudioChannelLayoutTag wave[] = {
    kAudioChannelLayoutTag_WAVE_3_0,   kAudioChannelLayoutTag_WAVE_4_0_B, kAudioChannelLayoutTag_WAVE_5_0_B,
    kAudioChannelLayoutTag_WAVE_5_1_B, kAudioChannelLayoutTag_WAVE_6_1,   kAudioChannelLayoutTag_WAVE_7_1,
};
static const AudioChannelLayoutTag xiph[] = {
    kAudioChannelLayoutTag_Ogg_3_0, kAudioChannelLayoutTag_Ogg_4_0, kAudioChannelLayoutTag_Ogg_5_0,
    kAudioChannelLayoutTag_Ogg_5_1, kAudioChannelLayoutTag_Ogg_6_1, kAudioChannelLayoutTag_Ogg_7_1,
};

static const struct {
    AudioFormatID format;
    const AudioChannelLayoutTag *tags;
} orders[] = {
    { kAudioFormatMPEG4AAC, mpeg4 },
    { kAudioFormatMPEG4AAC_HE, mpeg4 },
    { kAudioFormatMPEG4AAC_HE_V2, mpeg4 },
    { kAudioFormatMPEG4AAC_LD, mpeg4 },
    { kAudioFormatMPEG4AAC_ELD, mpeg4 },
    { kAudioFormatMPEG4AAC_ELD_SBR, mpeg4 },
    { kAudioFormatMPEGD_USAC, mpeg4 },
    { kAudioFormatAppleLossless, mpeg4 },
    { kAudioFormatFLAC, wave },
    { kAudioFormatOpus, xiph },
    { kCMAudioFormatVorbis, xiph },
};

AudioChannelLayoutTag cm_coded_layout_tag(AudioFormatID format, UInt32 channels)
{
    if (channels == 1)
        return kAudioChannelLayoutTag_Mono;
    if (channels == 2)
        return kAudioChannelLayoutTag_Stereo;
    for (size_t i = 0; i < sizeof orders / sizeof *orders && channels <= MOST_CHANNELS; i++)
        if (orders[i].format == format)
            return orders[i].tags[channels - 3];
    return kAudioChannelLayoutTag_DiscreteInOrder | channels;
}

OSStatus cm_set_layout_tag(cm_file *f, AudioChannelLayoutTag tag)
{
    AudioChannelLayout *layout = calloc(1, sizeof *layout);
    if (!layout)
        return cmMemFullError;
    layout->mChannelLayoutTag = tag;
    free(f->layout);
    f->layout = layout;
    f->layout_size = (UInt32)offsetof(AudioChannelLayout, mChannelDescriptions);
    return noErr;
}

OSStatus cm_set_coded_layout(cm_file *f)
{
    UInt32 channels = f->format.mChannelsPerFrame;
    AudioChannelLayoutTag tag = cm_coded_layout_tag(f->format.mFormatID, channels);
    bool says_nothing = channels <= 2 || tag == (kAudioChannelLayoutTag_DiscreteInOrder | channels);
    return says_nothing ? noErr : cm_set_layout_tag(f, tag);
}
