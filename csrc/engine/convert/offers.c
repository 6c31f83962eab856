#include "offers.h"

#include "../format/layout.h"

#include <string.h>

static void add(cm_ranges *ranges, Float64 value)
{
    UInt32 at = 0;
    while (at < ranges->count && ranges->list[at].mMinimum < value)
        at++;
    if ((at < ranges->count && ranges->list[at].mMinimum == value) || ranges->count == CM_MOST_OFFERS)
        return;
    memmove(&ranges->list[at + 1], &ranges->list[at], (ranges->count - at) * sizeof ranges->list[0]);
    ranges->list[at] = (AudioValueRange){ value, value };
    ranges->count++;
}

static void add_row(cm_ranges *ranges, const cm_bit_rates *row, UInt32 from, UInt32 to)
{
    if (!row->per_channel)
        from = to = 1;
    for (const UInt32 *rate = row->list; *rate; rate++)
        for (UInt32 channels = from; channels <= to; channels++)
            add(ranges, (Float64)*rate * channels);
}

void cm_offer_bit_rates(const cm_codec *codec, Float64 sample_rate, UInt32 channels, cm_ranges *ranges)
{
    ranges->count = 0;
    const cm_bit_rates *row = codec->limits ? codec->limits->bit_rates : NULL;
    UInt32 from = channels ? channels : 1, to = channels ? channels : cm_offer_max_channels(codec);
    for (; row && row->list; row++)
        if (sample_rate == 0 || (sample_rate >= row->from_rate && sample_rate <= row->to_rate))
            add_row(ranges, row, from, to);
}

void cm_offer_sample_rates(const cm_codec *codec, cm_ranges *ranges)
{
    const cm_codec_limits *limits = codec->limits;
    ranges->count = 0;
    for (const UInt32 *rate = limits ? limits->sample_rates : NULL; rate && *rate; rate++)
        add(ranges, *rate);
    if (limits && !limits->sample_rates)
        ranges->list[ranges->count++] = (AudioValueRange){ 1, limits->max_sample_rate };
}

UInt32 cm_offer_max_channels(const cm_codec *codec)
{
    return codec->limits ? codec->limits->max_channels : 0;
}

static bool is_wanted(AudioChannelLayoutTag tag, UInt32 channels)
{
    return channels == 0 || AudioChannelLayoutTag_GetNumberOfChannels(tag) == channels;
}

UInt32 cm_offer_layout_tags(const cm_codec *codec, UInt32 channels, AudioChannelLayoutTag *tags,
                            UInt32 capacity)
{
    const AudioChannelLayoutTag *listed = codec->limits ? codec->limits->layout_tags : NULL;
    UInt32 count = 0;
    if (!listed)
        return channels ? cm_layout_tags_for_channels(channels, tags, capacity) : 0;
    for (; *listed; listed++) {
        if (!is_wanted(*listed, channels))
            continue;
        if (count < capacity)
            tags[count] = *listed;
        count++;
    }
    return count;
}
