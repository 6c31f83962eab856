/* layout.c: channel orders that a client asks for by an AudioChannelLayout. */
#include "av.h"
#include "../format/layout.h"

#include <libavutil/channel_layout.h>
#include <string.h>

/* What a label can be in FFmpeg's terms; where a layout has no side channels, the back ones are the
 * surrounds. */
static const struct {
    AudioChannelLabel label;
    enum AVChannel first, second;
} channels[] = {
    { kAudioChannelLabel_Left, AV_CHAN_FRONT_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_Right, AV_CHAN_FRONT_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_Center, AV_CHAN_FRONT_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_Mono, AV_CHAN_FRONT_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_LFEScreen, AV_CHAN_LOW_FREQUENCY, AV_CHAN_NONE },
    { kAudioChannelLabel_LFE2, AV_CHAN_LOW_FREQUENCY_2, AV_CHAN_NONE },
    { kAudioChannelLabel_LeftSurround, AV_CHAN_SIDE_LEFT, AV_CHAN_BACK_LEFT },
    { kAudioChannelLabel_RightSurround, AV_CHAN_SIDE_RIGHT, AV_CHAN_BACK_RIGHT },
    { kAudioChannelLabel_LeftSideSurround, AV_CHAN_SIDE_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_RightSideSurround, AV_CHAN_SIDE_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_LeftSurroundDirect, AV_CHAN_SIDE_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_RightSurroundDirect, AV_CHAN_SIDE_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_RearSurroundLeft, AV_CHAN_BACK_LEFT, AV_CHAN_SIDE_LEFT },
    { kAudioChannelLabel_RearSurroundRight, AV_CHAN_BACK_RIGHT, AV_CHAN_SIDE_RIGHT },
    { kAudioChannelLabel_LeftBackSurround, AV_CHAN_BACK_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_RightBackSurround, AV_CHAN_BACK_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_LeftCenter, AV_CHAN_FRONT_LEFT_OF_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_RightCenter, AV_CHAN_FRONT_RIGHT_OF_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_CenterSurround, AV_CHAN_BACK_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_LeftWide, AV_CHAN_WIDE_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_RightWide, AV_CHAN_WIDE_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_TopCenterSurround, AV_CHAN_TOP_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_VerticalHeightLeft, AV_CHAN_TOP_FRONT_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_VerticalHeightCenter, AV_CHAN_TOP_FRONT_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_VerticalHeightRight, AV_CHAN_TOP_FRONT_RIGHT, AV_CHAN_NONE },
    { kAudioChannelLabel_TopBackLeft, AV_CHAN_TOP_BACK_LEFT, AV_CHAN_NONE },
    { kAudioChannelLabel_TopBackCenter, AV_CHAN_TOP_BACK_CENTER, AV_CHAN_NONE },
    { kAudioChannelLabel_TopBackRight, AV_CHAN_TOP_BACK_RIGHT, AV_CHAN_NONE },
};

/* The place of a label that is not taken yet, -1 when the layout has none. */
static int place_of(const AVChannelLayout *layout, AudioChannelLabel label, const bool *taken)
{
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        if (channels[i].label != label)
            continue;
        int place = av_channel_layout_index_from_channel(layout, channels[i].first);
        if ((place < 0 || taken[place]) && channels[i].second != AV_CHAN_NONE)
            place = av_channel_layout_index_from_channel(layout, channels[i].second);
        return place >= 0 && !taken[place] ? place : -1;
    }
    return -1;
}

void cm_av_follow_layout(const AVChannelLayout *layout, const AudioChannelLayout *wanted, UInt8 *map)
{
    AudioChannelLabel labels[CM_AV_MAX_CHANNELS];
    UInt8 found[CM_AV_MAX_CHANNELS];
    bool taken[CM_AV_MAX_CHANNELS] = { false };
    UInt32 count = (UInt32)layout->nb_channels;
    if (!wanted || count < 2 || cm_layout_labels(wanted, labels, CM_AV_MAX_CHANNELS) != count)
        return;
    for (UInt32 c = 0; c < count; c++) {
        int place = place_of(layout, labels[c], taken);
        if (place < 0)
            return; /* other channels than the stream's */
        found[c] = (UInt8)place;
        taken[place] = true;
    }
    memcpy(map, found, count);
}
