/* AudioFormat's properties of what can be encoded and decoded here. */
#include "../format/asbd.h"
#include "audio_format.h"
#include "offers.h"

#include <AudioToolbox/AudioCodec.h>
#include <string.h>

#define MOST_CODECS 256u
#define ANY_NUMBER 0xFFFFFFFFu /* of channels */
#define MOST_LISTED 64u        /* channels; a codec that takes more takes any number */

/* ---- lists of all codecs ---- */

static OSStatus answer_format_ids(UInt32 type, cm_answer *a)
{
    AudioFormatID ids[MOST_CODECS] = { kAudioFormatLinearPCM };
    UInt32 count = 1;
    for (const cm_codec *const *c = cm_codec_table(); *c && count < MOST_CODECS; c++) {
        UInt32 i = 0;
        while (i < count && ids[i] != (*c)->format_id)
            i++;
        if ((*c)->type == type && i == count)
            ids[count++] = (*c)->format_id;
    }
    return cm_answer_put(a, ids, count * sizeof *ids);
}

static OSStatus answer_encode_ids(const cm_question *q, cm_answer *a)
{
    (void)q;
    return answer_format_ids(kAudioEncoderComponentType, a);
}

static OSStatus answer_decode_ids(const cm_question *q, cm_answer *a)
{
    (void)q;
    return answer_format_ids(kAudioDecoderComponentType, a);
}

static AudioFormatID format_id_of(const cm_question *q)
{
    AudioFormatID id;
    memcpy(&id, q->specifier, sizeof id);
    return id;
}

static OSStatus answer_codecs(const cm_question *q, UInt32 type, cm_answer *a)
{
    AudioClassDescription found[MOST_CODECS];
    UInt32 count = 0;
    for (const cm_codec *const *c = cm_codec_table(); *c && count < MOST_CODECS; c++)
        if ((*c)->type == type && (*c)->format_id == format_id_of(q))
            found[count++] = (AudioClassDescription){ type, (*c)->format_id, (*c)->manufacturer };
    return cm_answer_put(a, found, count * sizeof *found);
}

static OSStatus answer_encoders(const cm_question *q, cm_answer *a)
{
    return answer_codecs(q, kAudioEncoderComponentType, a);
}

static OSStatus answer_decoders(const cm_question *q, cm_answer *a)
{
    return answer_codecs(q, kAudioDecoderComponentType, a);
}

/* ---- what the codec of a format takes ---- */

static OSStatus find(UInt32 type, AudioFormatID id, const cm_codec **codec)
{
    *codec = cm_codec_find(type, id, 0);
    return *codec ? noErr : kAudioFormatUnsupportedDataFormatError;
}

static OSStatus put_ranges(cm_answer *a, const cm_ranges *ranges)
{
    return cm_answer_put(a, ranges->list, ranges->count * sizeof *ranges->list);
}

static OSStatus answer_bit_rates(const cm_question *q, cm_answer *a)
{
    const cm_codec *codec;
    cm_ranges ranges;
    OSStatus status = find(kAudioEncoderComponentType, format_id_of(q), &codec);
    if (status != noErr)
        return status;
    cm_offer_bit_rates(codec, 0, 0, &ranges);
    return put_ranges(a, &ranges);
}

static OSStatus answer_sample_rates(const cm_question *q, cm_answer *a)
{
    const cm_codec *codec;
    cm_ranges ranges;
    OSStatus status = find(kAudioEncoderComponentType, format_id_of(q), &codec);
    if (status != noErr)
        return status;
    cm_offer_sample_rates(codec, &ranges);
    return put_ranges(a, &ranges);
}

static AudioStreamBasicDescription asbd_of(const cm_question *q)
{
    AudioStreamBasicDescription format;
    memcpy(&format, q->specifier, sizeof format);
    return format;
}

static OSStatus answer_layout_tags(const cm_question *q, cm_answer *a)
{
    const cm_codec *codec;
    AudioChannelLayoutTag tags[CM_MOST_OFFERS];
    AudioStreamBasicDescription format = asbd_of(q);
    OSStatus status = find(kAudioEncoderComponentType, format.mFormatID, &codec);
    if (status != noErr)
        return status;
    UInt32 count = cm_offer_layout_tags(codec, format.mChannelsPerFrame, tags, CM_MOST_OFFERS);
    return cm_answer_put(a, tags, (count < CM_MOST_OFFERS ? count : CM_MOST_OFFERS) * sizeof *tags);
}

static OSStatus answer_channels(const cm_question *q, UInt32 type, cm_answer *a)
{
    const cm_codec *codec;
    UInt32 numbers[MOST_LISTED] = { ANY_NUMBER };
    AudioFormatID id = asbd_of(q).mFormatID;
    if (id == kAudioFormatLinearPCM)
        return cm_answer_put(a, numbers, sizeof *numbers);
    OSStatus status = find(type, id, &codec);
    if (status != noErr)
        return status;
    UInt32 most = cm_offer_max_channels(codec);
    for (UInt32 i = 0; most < MOST_LISTED && i < most; i++)
        numbers[i] = i + 1;
    return cm_answer_put(a, numbers, (most < MOST_LISTED ? most : 1) * sizeof *numbers);
}

static OSStatus answer_encode_channels(const cm_question *q, cm_answer *a)
{
    return answer_channels(q, kAudioEncoderComponentType, a);
}

static OSStatus answer_decode_channels(const cm_question *q, cm_answer *a)
{
    return answer_channels(q, kAudioDecoderComponentType, a);
}

const cm_format_property cm_format_codec_properties[] = {
    { kAudioFormatProperty_EncodeFormatIDs, 0, 0, answer_encode_ids },
    { kAudioFormatProperty_DecodeFormatIDs, 0, 0, answer_decode_ids },
    { kAudioFormatProperty_Encoders, sizeof(AudioFormatID), 0, answer_encoders },
    { kAudioFormatProperty_Decoders, sizeof(AudioFormatID), 0, answer_decoders },
    { kAudioFormatProperty_AvailableEncodeBitRates, sizeof(AudioFormatID), 0, answer_bit_rates },
    { kAudioFormatProperty_AvailableEncodeSampleRates, sizeof(AudioFormatID), 0, answer_sample_rates },
    { kAudioFormatProperty_AvailableEncodeChannelLayoutTags, sizeof(AudioStreamBasicDescription), 0,
      answer_layout_tags },
    { kAudioFormatProperty_AvailableEncodeNumberChannels, sizeof(AudioStreamBasicDescription), 0,
      answer_encode_channels },
    { kAudioFormatProperty_AvailableDecodeNumberChannels, sizeof(AudioStreamBasicDescription), 0,
      answer_decode_channels },
    { 0, 0, 0, NULL },
};
