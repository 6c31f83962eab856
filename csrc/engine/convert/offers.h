/* offers.h: what a codec can be asked for, in the shapes that AudioFormat and AudioConverter list it. [any]
 */
#ifndef CM_CONVERT_OFFERS_H
#define CM_CONVERT_OFFERS_H

#include "../codec/codec.h"

#define CM_MOST_OFFERS 512u

/* Ascending, without repeats. */
typedef struct cm_ranges {
    UInt32 count;
    AudioValueRange list[CM_MOST_OFFERS];
} cm_ranges;

/* Bits per second. A sample_rate or a number of channels of 0 stands for all that there are. */
void cm_offer_bit_rates(const cm_codec *codec, Float64 sample_rate, UInt32 channels, cm_ranges *ranges);

/* Hz. */
void cm_offer_sample_rates(const cm_codec *codec, cm_ranges *ranges);

/* Layouts of so many channels, 0 for all; at most capacity of them in tags. Returns how many there are. */
UInt32 cm_offer_layout_tags(const cm_codec *codec, UInt32 channels, AudioChannelLayoutTag *tags,
                            UInt32 capacity);

UInt32 cm_offer_max_channels(const cm_codec *codec);

#endif
