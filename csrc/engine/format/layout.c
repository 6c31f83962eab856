#include "layout.h"

#include "pcm.h"

#include <stdlib.h>
#include <string.h>

#define RESERVED_TAGS_BEGIN 0xF0000000u
#define CHANNELS_OF_TAG(tag) ((tag)&0xFFFFu)
#define KIND_OF_TAG(tag) ((tag)&0xFFFF0000u)

/* AudioChannelBitmap, by bit. Bits 18 .. 20 and 22 have no channel. */
static const cm_short_label bitmap_labels[] = {
    kAudioChannelLabel_Left,
    kAudioChannelLabel_Right,
    kAudioChannelLabel_Center,
    kAudioChannelLabel_LFEScreen,
    kAudioChannelLabel_LeftSurround,
    kAudioChannelLabel_RightSurround,
    kAudioChannelLabel_LeftCenter,
    kAudioChannelLabel_RightCenter,
    kAudioChannelLabel_CenterSurround,
    kAudioChannelLabel_LeftSurroundDirect,
    kAudioChannelLabel_RightSurroundDirect,
    kAudioChannelLabel_TopCenterSurround,
    kAudioChannelLabel_VerticalHeightLeft,
    kAudioChannelLabel_VerticalHeightCenter,
    kAudioChannelLabel_VerticalHeightRight,
    kAudioChannelLabel_TopBackLeft,
    kAudioChannelLabel_TopBackCenter,
    kAudioChannelLabel_TopBackRight,
    0,
    0,
    0,
    kAudioChannelLabel_LeftTopMiddle,
    0,
    kAudioChannelLabel_RightTopMiddle,
    kAudioChannelLabel_LeftTopRear,
    kAudioChannelLabel_CenterTopRear,
    kAudioChannelLabel_RightTopRear,
};

#define BITS (sizeof bitmap_labels / sizeof *bitmap_labels)
#define WAVE_BITS 18u
#define KNOWN_BITS 0x07A3FFFFu

UInt32 AudioChannelLayoutTag_GetNumberOfChannels(AudioChannelLayoutTag inLayoutTag)
{
    return CHANNELS_OF_TAG(inLayoutTag);
}

/* The label of channel n follows from n in these layouts: the first label, 0 for other tags. */
static AudioChannelLabel first_label_by_rule(AudioChannelLayoutTag tag)
{
    switch (KIND_OF_TAG(tag)) {
    case kAudioChannelLayoutTag_DiscreteInOrder:
        return kAudioChannelLabel_Discrete_0;
    case kAudioChannelLayoutTag_HOA_ACN_SN3D:
        return kAudioChannelLabel_HOA_SN3D;
    case kAudioChannelLayoutTag_HOA_ACN_N3D:
        return kAudioChannelLabel_HOA_N3D;
    default:
        return 0;
    }
}

static bool is_known_tag(AudioChannelLayoutTag tag)
{
    return cm_layout_tag_labels(tag) || first_label_by_rule(tag) || tag >= RESERVED_TAGS_BEGIN;
}

UInt32 cm_layout_channels(const AudioChannelLayout *layout)
{
    switch (layout->mChannelLayoutTag) {
    case kAudioChannelLayoutTag_UseChannelDescriptions:
        return layout->mNumberChannelDescriptions;
    case kAudioChannelLayoutTag_UseChannelBitmap:
        return (UInt32)__builtin_popcount(layout->mChannelBitmap);
    default:
        return CHANNELS_OF_TAG(layout->mChannelLayoutTag);
    }
}

OSStatus cm_layout_check(const AudioChannelLayout *layout, size_t size)
{
    if (size < CM_LAYOUT_HEADER)
        return cm_fail(kAudio_ParamError, "%zu bytes are less than a channel layout", size);
    if (layout->mNumberChannelDescriptions > CM_MAX_CHANNELS ||
        cm_layout_size(layout->mNumberChannelDescriptions) > size)
        return cm_fail(kAudio_ParamError, "%zu bytes do not hold %u channel descriptions", size,
                       layout->mNumberChannelDescriptions);
    AudioChannelLayoutTag tag = layout->mChannelLayoutTag;
    if (tag == kAudioChannelLayoutTag_UseChannelBitmap && (layout->mChannelBitmap & ~KNOWN_BITS))
        return cm_fail(kAudio_ParamError, "channel bitmap 0x%X has bits without a meaning",
                       layout->mChannelBitmap);
    bool by_tag = tag != kAudioChannelLayoutTag_UseChannelBitmap &&
                  tag != kAudioChannelLayoutTag_UseChannelDescriptions;
    if (by_tag && !is_known_tag(tag))
        return cm_fail(kAudio_ParamError, "channel layout tag 0x%X is not known", tag);
    UInt32 channels = cm_layout_channels(layout);
    if (channels == 0 || channels > CM_MAX_CHANNELS)
        return cm_fail(kAudio_ParamError, "a channel layout of %u channels", channels);
    return noErr;
}

static AudioChannelLabel label_of_tag(AudioChannelLayoutTag tag, const cm_short_label *fixed, UInt32 channel)
{
    AudioChannelLabel first = first_label_by_rule(tag);
    if (fixed)
        return fixed[channel];
    return first ? first + channel : kAudioChannelLabel_Unknown;
}

UInt32 cm_layout_labels(const AudioChannelLayout *layout, AudioChannelLabel *labels, UInt32 capacity)
{
    AudioChannelLayoutTag tag = layout->mChannelLayoutTag;
    UInt32 count = cm_layout_channels(layout);
    UInt32 wanted = count < capacity ? count : capacity;
    if (tag == kAudioChannelLayoutTag_UseChannelDescriptions) {
        for (UInt32 i = 0; i < wanted; i++)
            labels[i] = layout->mChannelDescriptions[i].mChannelLabel;
    } else if (tag == kAudioChannelLayoutTag_UseChannelBitmap) {
        UInt32 bits = layout->mChannelBitmap;
        for (UInt32 i = 0; i < wanted; i++, bits &= bits - 1) {
            UInt32 bit = (UInt32)__builtin_ctz(bits);
            labels[i] = bit < BITS && bitmap_labels[bit] ? bitmap_labels[bit] : kAudioChannelLabel_Unknown;
        }
    } else {
        const cm_short_label *fixed = cm_layout_tag_labels(tag);
        for (UInt32 i = 0; i < wanted; i++)
            labels[i] = label_of_tag(tag, fixed, i);
    }
    return count;
}

static bool has_labels(AudioChannelLayoutTag tag, const AudioChannelLabel *labels, UInt32 count)
{
    const cm_short_label *fixed = cm_layout_tag_labels(tag);
    for (UInt32 i = 0; i < count; i++)
        if (label_of_tag(tag, fixed, i) != labels[i])
            return false;
    return true;
}

AudioChannelLayoutTag cm_layout_tag_for_labels(const AudioChannelLabel *labels, UInt32 count)
{
    static const AudioChannelLayoutTag by_rule[] = { kAudioChannelLayoutTag_DiscreteInOrder,
                                                     kAudioChannelLayoutTag_HOA_ACN_SN3D,
                                                     kAudioChannelLayoutTag_HOA_ACN_N3D };
    if (count == 0 || count > CM_MAX_CHANNELS)
        return kAudioChannelLayoutTag_UseChannelDescriptions;
    AudioChannelLayoutTag tag;
    for (size_t i = 0; (tag = cm_layout_tag_at(i)) != 0; i++)
        if (CHANNELS_OF_TAG(tag) == count && has_labels(tag, labels, count))
            return tag;
    for (size_t i = 0; i < sizeof by_rule / sizeof *by_rule; i++)
        if (has_labels(by_rule[i] | count, labels, count))
            return by_rule[i] | count;
    return kAudioChannelLayoutTag_UseChannelDescriptions;
}

AudioChannelLayoutTag cm_layout_tag(const AudioChannelLayout *layout)
{
    AudioChannelLayoutTag tag = layout->mChannelLayoutTag;
    if (tag != kAudioChannelLayoutTag_UseChannelDescriptions &&
        tag != kAudioChannelLayoutTag_UseChannelBitmap)
        return tag;
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS);
    return cm_layout_tag_for_labels(labels, count);
}

AudioChannelLayoutTag cm_layout_default_tag(UInt32 channels)
{
    if (channels == 1)
        return kAudioChannelLayoutTag_Mono;
    return channels == 2 ? kAudioChannelLayoutTag_Stereo : kAudioChannelLayoutTag_DiscreteInOrder | channels;
}

static bool is_square(UInt32 n)
{
    UInt32 root = 0;
    while (root * root < n)
        root++;
    return root * root == n;
}

UInt32 cm_layout_tags_for_channels(UInt32 channels, AudioChannelLayoutTag *tags, UInt32 capacity)
{
    UInt32 count = 0;
    AudioChannelLayoutTag found[4] = { 0 }, tag;
    if (channels == 0 || channels > CM_MAX_CHANNELS)
        return 0;
    for (size_t i = 0; (tag = cm_layout_tag_at(i)) != 0; i++) {
        if (CHANNELS_OF_TAG(tag) != channels)
            continue;
        if (count < capacity)
            tags[count] = tag;
        count++;
    }
    found[0] = kAudioChannelLayoutTag_DiscreteInOrder | channels;
    if (is_square(channels)) {
        found[1] = kAudioChannelLayoutTag_HOA_ACN_SN3D | channels;
        found[2] = kAudioChannelLayoutTag_HOA_ACN_N3D | channels;
    }
    for (size_t i = 0; found[i] != 0; i++, count++)
        if (count < capacity)
            tags[count] = found[i];
    return count;
}

static UInt32 bit_of_label(AudioChannelLabel label)
{
    for (UInt32 bit = 0; bit < BITS; bit++)
        if (bitmap_labels[bit] == label)
            return label ? 1u << bit : 0;
    return 0;
}

AudioChannelBitmap cm_layout_bitmap(const AudioChannelLayout *layout)
{
    AudioChannelLabel labels[BITS];
    UInt32 count = cm_layout_labels(layout, labels, BITS);
    if (layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelBitmap)
        return layout->mChannelBitmap;
    AudioChannelBitmap bitmap = 0;
    for (UInt32 i = 0; i < count && i < BITS; i++) {
        bool is_mono = labels[i] == kAudioChannelLabel_Mono && count == 1;
        UInt32 bit = bit_of_label(is_mono ? (AudioChannelLabel)kAudioChannelLabel_Center : labels[i]);
        if (bit <= bitmap)
            return 0;
        bitmap |= bit;
    }
    return count <= BITS ? bitmap : 0;
}

static const AudioChannelDescription *description_at(const AudioChannelLayout *layout, UInt32 channel)
{
    bool has_list = layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelDescriptions;
    return has_list ? &layout->mChannelDescriptions[channel] : NULL;
}

/* Coordinates name a channel only where its label says so. */
static bool same_place(const AudioChannelDescription *a, const AudioChannelDescription *b)
{
    if (!a || !b || a->mChannelLabel != kAudioChannelLabel_UseCoordinates)
        return true;
    return a->mChannelFlags == b->mChannelFlags &&
           memcmp(a->mCoordinates, b->mCoordinates, sizeof a->mCoordinates) == 0;
}

bool cm_layout_equal(const AudioChannelLayout *a, const AudioChannelLayout *b)
{
    AudioChannelLabel left[CM_MAX_CHANNELS], right[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(a, left, CM_MAX_CHANNELS);
    if (cm_layout_labels(b, right, CM_MAX_CHANNELS) != count)
        return false;
    for (UInt32 i = 0; i < count; i++)
        if (left[i] != right[i] || !same_place(description_at(a, i), description_at(b, i)))
            return false;
    return true;
}

/* FNV-1a over the labels. */
UInt32 cm_layout_hash(const AudioChannelLayout *layout)
{
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS), hash = 2166136261u;
    for (UInt32 i = 0; i < count; i++)
        for (int shift = 0; shift < 32; shift += 8)
            hash = (hash ^ (labels[i] >> shift & 0xFF)) * 16777619u;
    return hash;
}

/* Never smaller than the struct, so that it can be copied as one. */
static AudioChannelLayout *new_layout(AudioChannelLayoutTag tag, UInt32 descriptions, UInt32 *size)
{
    size_t bytes = cm_layout_size(descriptions ? descriptions : 1);
    AudioChannelLayout *layout = calloc(1, bytes);
    *size = layout ? (UInt32)bytes : 0;
    if (layout) {
        layout->mChannelLayoutTag = tag;
        layout->mNumberChannelDescriptions = descriptions;
    }
    return layout;
}

AudioChannelLayout *cm_layout_new_tag(AudioChannelLayoutTag tag, UInt32 *size)
{
    return new_layout(tag, 0, size);
}

static AudioChannelLayout *new_descriptions(const AudioChannelLabel *labels, UInt32 count, UInt32 *size)
{
    AudioChannelLayout *layout = new_layout(kAudioChannelLayoutTag_UseChannelDescriptions, count, size);
    for (UInt32 i = 0; layout && i < count; i++)
        layout->mChannelDescriptions[i].mChannelLabel = labels[i];
    return layout;
}

AudioChannelLayout *cm_layout_new_copy(const AudioChannelLayout *layout, UInt32 *size)
{
    UInt32 count = layout->mNumberChannelDescriptions;
    AudioChannelLayout *copy = new_layout(layout->mChannelLayoutTag, count, size);
    if (copy)
        memcpy(copy, layout, cm_layout_size(count));
    return copy;
}

AudioChannelLayout *cm_layout_new_expanded(const AudioChannelLayout *layout, UInt32 *size)
{
    if (layout->mChannelLayoutTag == kAudioChannelLayoutTag_UseChannelDescriptions)
        return cm_layout_new_copy(layout, size);
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS);
    return new_descriptions(labels, count, size);
}

AudioChannelLayout *cm_layout_new_wave(UInt32 mask, UInt32 channels, UInt32 *size)
{
    UInt32 used = mask & ((1u << WAVE_BITS) - 1);
    *size = 0;
    if (used == 0 || channels == 0 || channels > CM_MAX_CHANNELS)
        return NULL;
    while ((UInt32)__builtin_popcount(used) > channels)
        used &= ~(1u << (31 - __builtin_clz(used)));
    AudioChannelLayout bitmap = { .mChannelLayoutTag = kAudioChannelLayoutTag_UseChannelBitmap,
                                  .mChannelBitmap = used };
    if ((UInt32)__builtin_popcount(used) == channels)
        return cm_layout_new_copy(&bitmap, size);
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 named = cm_layout_labels(&bitmap, labels, CM_MAX_CHANNELS);
    for (UInt32 i = named; i < channels; i++)
        labels[i] = kAudioChannelLabel_Unknown;
    return new_descriptions(labels, channels, size);
}

static bool contains(const AudioChannelLabel *labels, UInt32 count, AudioChannelLabel label)
{
    for (UInt32 i = 0; i < count; i++)
        if (labels[i] == label)
            return true;
    return false;
}

/* The label whose bit a WAVE file uses for this one. */
static AudioChannelLabel wave_label(AudioChannelLabel label, bool has_rear)
{
    switch (label) {
    case kAudioChannelLabel_Mono:
        return kAudioChannelLabel_Center;
    case kAudioChannelLabel_LeftSurround:
        return has_rear ? kAudioChannelLabel_LeftSurroundDirect : kAudioChannelLabel_LeftSurround;
    case kAudioChannelLabel_RightSurround:
        return has_rear ? kAudioChannelLabel_RightSurroundDirect : kAudioChannelLabel_RightSurround;
    case kAudioChannelLabel_RearSurroundLeft:
        return kAudioChannelLabel_LeftSurround;
    case kAudioChannelLabel_RearSurroundRight:
        return kAudioChannelLabel_RightSurround;
    case kAudioChannelLabel_LeftSideSurround:
        return kAudioChannelLabel_LeftSurroundDirect;
    case kAudioChannelLabel_RightSideSurround:
        return kAudioChannelLabel_RightSurroundDirect;
    case kAudioChannelLabel_LeftTopRear:
        return kAudioChannelLabel_TopBackLeft;
    case kAudioChannelLabel_CenterTopRear:
        return kAudioChannelLabel_TopBackCenter;
    case kAudioChannelLabel_RightTopRear:
        return kAudioChannelLabel_TopBackRight;
    default:
        return label;
    }
}

UInt32 cm_layout_wave_mask(const AudioChannelLayout *layout)
{
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS), mask = 0;
    bool has_rear = contains(labels, count, kAudioChannelLabel_RearSurroundLeft);
    for (UInt32 i = 0; i < count && labels[i] != kAudioChannelLabel_Unknown; i++) {
        UInt32 bit = bit_of_label(wave_label(labels[i], has_rear));
        if (bit <= mask || bit >= 1u << WAVE_BITS)
            return 0;
        mask |= bit;
    }
    return mask;
}
