/* AudioFormat's properties of channel layouts, mixing, panning and balance. */
#include "../format/layout.h"
#include "../format/mix.h"
#include "../format/pcm.h"
#include "audio_format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TAGS 64u

/* A layout with what it means. */
typedef struct channels {
    const AudioChannelLayout *layout;
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count;
} channels;

static OSStatus read_layout(const AudioChannelLayout *layout, size_t size, channels *c)
{
    if (!layout)
        return cm_fail(kAudio_ParamError, "there is no channel layout");
    OSStatus status = cm_layout_check(layout, size);
    if (status != noErr)
        return status;
    c->layout = layout;
    c->count = cm_layout_labels(layout, c->labels, CM_MAX_CHANNELS);
    return noErr;
}

/* Memory of the caller that only the layout itself gives the size of. */
static OSStatus read_pointer(const AudioChannelLayout *layout, channels *c)
{
    return read_layout(layout, SIZE_MAX, c);
}

static OSStatus read_pair(const cm_question *q, channels *first, channels *second)
{
    const AudioChannelLayout *pair[2];
    memcpy(pair, q->specifier, sizeof pair);
    OSStatus status = read_pointer(pair[0], first);
    return status == noErr ? read_pointer(pair[1], second) : status;
}

static OSStatus put_expanded(cm_answer *a, const AudioChannelLayout *layout)
{
    OSStatus status = cm_layout_check(layout, sizeof *layout);
    if (status != noErr)
        return status;
    UInt32 size = 0;
    AudioChannelLayout *expanded = cm_layout_new_expanded(layout, &size);
    status = expanded ? cm_answer_put(a, expanded, size) : kAudio_MemFullError;
    free(expanded);
    return status;
}

/* ---- layouts ---- */

static UInt32 u32_of(const cm_question *q)
{
    UInt32 value;
    memcpy(&value, q->specifier, sizeof value);
    return value;
}

static OSStatus answer_layout_for_tag(const cm_question *q, cm_answer *a)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = u32_of(q) };
    return put_expanded(a, &layout);
}

static OSStatus answer_layout_for_bitmap(const cm_question *q, cm_answer *a)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = kAudioChannelLayoutTag_UseChannelBitmap,
                                  .mChannelBitmap = u32_of(q) };
    return put_expanded(a, &layout);
}

static OSStatus answer_bitmap_for_tag(const cm_question *q, cm_answer *a)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = u32_of(q) };
    OSStatus status = cm_layout_check(&layout, sizeof layout);
    if (status != noErr)
        return status;
    UInt32 bitmap = cm_layout_bitmap(&layout);
    if (bitmap == 0)
        return cm_fail(kAudioFormatUnsupportedDataFormatError, "no bitmap has these channels in this order");
    return cm_answer_u32(a, bitmap);
}

static OSStatus answer_tag_for_layout(const cm_question *q, cm_answer *a)
{
    channels c;
    OSStatus status = read_layout(q->specifier, q->size, &c);
    return status == noErr ? cm_answer_u32(a, cm_layout_tag(c.layout)) : status;
}

static OSStatus answer_tags_for_number(const cm_question *q, cm_answer *a)
{
    AudioChannelLayoutTag tags[MOST_TAGS];
    UInt32 count = cm_layout_tags_for_channels(u32_of(q), tags, MOST_TAGS);
    return cm_answer_put(a, tags, (count < MOST_TAGS ? count : MOST_TAGS) * sizeof *tags);
}

static OSStatus answer_number_of_channels(const cm_question *q, cm_answer *a)
{
    channels c;
    OSStatus status = read_layout(q->specifier, q->size, &c);
    return status == noErr ? cm_answer_u32(a, c.count) : status;
}

static OSStatus answer_is_valid(const cm_question *q, cm_answer *a)
{
    return cm_answer_u32(a, cm_layout_check(q->specifier, q->size) == noErr);
}

static OSStatus answer_hash(const cm_question *q, cm_answer *a)
{
    channels c;
    OSStatus status = read_layout(q->specifier, q->size, &c);
    return status == noErr ? cm_answer_u32(a, cm_layout_hash(c.layout)) : status;
}

static OSStatus answer_are_equivalent(const cm_question *q, cm_answer *a)
{
    channels first, second;
    OSStatus status = read_pair(q, &first, &second);
    return status == noErr ? cm_answer_u32(a, cm_layout_equal(first.layout, second.layout)) : status;
}

/* ---- names ---- */

static OSStatus put_layout_name(const cm_question *q, bool is_simple, cm_answer *a)
{
    channels c;
    OSStatus status = read_layout(q->specifier, q->size, &c);
    return status == noErr ? cm_answer_object(a, cm_layout_copy_name(c.layout, is_simple)) : status;
}

static OSStatus answer_layout_name(const cm_question *q, cm_answer *a)
{
    return put_layout_name(q, false, a);
}

static OSStatus answer_simple_name(const cm_question *q, cm_answer *a)
{
    return put_layout_name(q, true, a);
}

static OSStatus put_channel_name(const cm_question *q, bool is_short, cm_answer *a)
{
    AudioChannelDescription description;
    memcpy(&description, q->specifier, sizeof description);
    return cm_answer_object(a, cm_layout_copy_channel_name(description.mChannelLabel, is_short));
}

static OSStatus answer_channel_name(const cm_question *q, cm_answer *a)
{
    return put_channel_name(q, false, a);
}

static OSStatus answer_channel_short_name(const cm_question *q, cm_answer *a)
{
    return put_channel_name(q, true, a);
}

/* ---- gains ---- */

static OSStatus answer_matrix(const cm_question *q, cm_answer *a)
{
    channels from, to;
    OSStatus status = read_pair(q, &from, &to);
    if (status != noErr)
        return status;
    size_t cells = (size_t)from.count * to.count;
    Float32 *matrix = calloc(cells, sizeof *matrix);
    if (!matrix)
        return kAudio_MemFullError;
    status = cm_mix_matrix(from.labels, from.count, to.labels, to.count, matrix);
    if (status == noErr)
        status = cm_answer_put(a, matrix, cells * sizeof *matrix);
    free(matrix);
    return status;
}

static OSStatus answer_map(const cm_question *q, cm_answer *a)
{
    channels from, to;
    SInt32 map[CM_MAX_CHANNELS];
    OSStatus status = read_pair(q, &from, &to);
    if (status != noErr)
        return status;
    cm_mix_channel_map(from.labels, from.count, to.labels, to.count, map);
    return cm_answer_put(a, map, to.count * sizeof *map);
}

static OSStatus answer_balance(const cm_question *q, cm_answer *a)
{
    AudioBalanceFade setting;
    channels c;
    Float32 gains[CM_MAX_CHANNELS];
    memcpy(&setting, q->specifier, sizeof setting);
    OSStatus status = read_pointer(setting.mChannelLayout, &c);
    if (status == noErr)
        status = cm_mix_balance_fade(&setting, c.labels, c.count, gains);
    return status == noErr ? cm_answer_put(a, gains, c.count * sizeof *gains) : status;
}

static OSStatus answer_panning(const cm_question *q, cm_answer *a)
{
    AudioPanningInfo info;
    channels c;
    Float32 gains[CM_MAX_CHANNELS];
    memcpy(&info, q->specifier, sizeof info);
    OSStatus status = read_pointer(info.mOutputChannelMap, &c);
    if (status == noErr)
        status = cm_mix_panning(&info, c.layout, c.labels, c.count, gains);
    return status == noErr ? cm_answer_put(a, gains, c.count * sizeof *gains) : status;
}

#define LAYOUT CM_LAYOUT_HEADER /* a layout by tag may end there */
#define PAIR (2 * sizeof(AudioChannelLayout *))

const cm_format_property cm_format_layout_properties[] = {
    { kAudioFormatProperty_ChannelLayoutForTag, sizeof(UInt32), 0, answer_layout_for_tag },
    { kAudioFormatProperty_ChannelLayoutForBitmap, sizeof(UInt32), 0, answer_layout_for_bitmap },
    { kAudioFormatProperty_BitmapForLayoutTag, sizeof(UInt32), sizeof(UInt32), answer_bitmap_for_tag },
    { kAudioFormatProperty_TagForChannelLayout, LAYOUT, sizeof(UInt32), answer_tag_for_layout },
    { kAudioFormatProperty_TagsForNumberOfChannels, sizeof(UInt32), 0, answer_tags_for_number },
    { kAudioFormatProperty_NumberOfChannelsForLayout, LAYOUT, sizeof(UInt32), answer_number_of_channels },
    { kAudioFormatProperty_ValidateChannelLayout, LAYOUT, sizeof(UInt32), answer_is_valid },
    { kAudioFormatProperty_ChannelLayoutHash, LAYOUT, sizeof(UInt32), answer_hash },
    { kAudioFormatProperty_AreChannelLayoutsEquivalent, PAIR, sizeof(UInt32), answer_are_equivalent },
    { kAudioFormatProperty_ChannelLayoutName, LAYOUT, sizeof(CFStringRef), answer_layout_name },
    { kAudioFormatProperty_ChannelLayoutSimpleName, LAYOUT, sizeof(CFStringRef), answer_simple_name },
    { kAudioFormatProperty_ChannelName, sizeof(AudioChannelDescription), sizeof(CFStringRef),
      answer_channel_name },
    { kAudioFormatProperty_ChannelShortName, sizeof(AudioChannelDescription), sizeof(CFStringRef),
      answer_channel_short_name },
    { kAudioFormatProperty_MatrixMixMap, PAIR, 0, answer_matrix },
    { kAudioFormatProperty_ChannelMap, PAIR, 0, answer_map },
    { kAudioFormatProperty_BalanceFade, sizeof(AudioBalanceFade), 0, answer_balance },
    { kAudioFormatProperty_PanningMatrix, sizeof(AudioPanningInfo), 0, answer_panning },
    { 0, 0, 0, NULL },
};
