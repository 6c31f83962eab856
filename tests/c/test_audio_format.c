/*
 * AudioFormat services. Byte strings are written out from the standards they belong to: AudioSpecificConfig
 * of ISO/IEC 14496-3, frame header of 11172-3, ID3v2.3.
 */
#include "check.h"

#include <AudioToolbox/AudioCodec.h>
#include <AudioToolbox/AudioFormat.h>
#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

static UInt32 size_of(UInt32 id, UInt32 specifier_size, const void *specifier)
{
    UInt32 size = 0;
    CHECK_EQ(AudioFormatGetPropertyInfo(id, specifier_size, specifier, &size), noErr);
    return size;
}

/* The value in new memory, with its size. */
static void *get(UInt32 id, UInt32 specifier_size, const void *specifier, UInt32 *size)
{
    *size = size_of(id, specifier_size, specifier);
    void *value = calloc(1, *size + 1);
    CHECK_EQ(AudioFormatGetProperty(id, specifier_size, specifier, size, value), noErr);
    return value;
}

static UInt32 get32(UInt32 id, UInt32 specifier_size, const void *specifier)
{
    UInt32 value = 0xDEAD, size = sizeof value;
    CHECK_EQ(AudioFormatGetProperty(id, specifier_size, specifier, &size, &value), noErr);
    CHECK_EQ(size, 4);
    return value;
}

static void check_text(UInt32 id, UInt32 specifier_size, const void *specifier, const char *expected)
{
    CFStringRef text = NULL;
    UInt32 size = sizeof text;
    CHECK_EQ(AudioFormatGetProperty(id, specifier_size, specifier, &size, &text), noErr);
    CHECK_STR(CFStringGetCStringPtr(text, kCFStringEncodingUTF8), expected);
    CFRelease(text);
}

static AudioChannelLayout tag_layout(AudioChannelLayoutTag tag)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = tag };
    return layout;
}

static bool contains(const UInt32 *list, UInt32 size, UInt32 wanted)
{
    for (UInt32 i = 0; i < size / 4; i++)
        if (list[i] == wanted)
            return true;
    return false;
}

static void test_errors(void)
{
    UInt32 size = 4, value, id = kAudioFormatMPEG4AAC;
    CHECK_EQ(AudioFormatGetPropertyInfo('none', 0, NULL, &size), kAudioFormatUnsupportedPropertyError);
    CHECK_EQ(AudioFormatGetProperty('none', 0, NULL, &size, &value), kAudioFormatUnsupportedPropertyError);
    CHECK_EQ(AudioFormatGetPropertyInfo(kAudioFormatProperty_Encoders, 3, &id, &size),
             kAudioFormatBadSpecifierSizeError);
    CHECK_EQ(AudioFormatGetPropertyInfo(kAudioFormatProperty_Encoders, 4, NULL, &size),
             kAudioFormatBadSpecifierSizeError);
    CHECK_EQ(AudioFormatGetPropertyInfo(kAudioFormatProperty_Encoders, 4, &id, NULL), kAudio_ParamError);
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_Encoders, 4, &id, NULL, &value), kAudio_ParamError);
    size = 2;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_DecodeFormatIDs, 0, NULL, &size, &value),
             kAudioFormatBadPropertySizeError);
    AudioStreamBasicDescription f = { .mFormatID = kAudioFormatMPEG4AAC };
    size = 4;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_FormatName, sizeof f, &f, &size, &value),
             kAudioFormatBadPropertySizeError);
    UInt32 unknown = 'zzzz';
    CHECK_EQ(AudioFormatGetPropertyInfo(kAudioFormatProperty_AvailableEncodeBitRates, 4, &unknown, &size),
             kAudioFormatUnsupportedDataFormatError);
}

static void test_formats(void)
{
    AudioStreamBasicDescription f = { .mFormatID = kAudioFormatMPEG4AAC };
    check_text(kAudioFormatProperty_FormatName, sizeof f, &f, "AAC");
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsVBR, sizeof f, &f), 1);
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsExternallyFramed, sizeof f, &f), 1);
    f.mFormatID = kAudioFormatMPEGLayer3;
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsExternallyFramed, sizeof f, &f), 0);
    CHECK_EQ(get32(kAudioFormatProperty_FormatEmploysDependentPackets, sizeof f, &f), 0);
    f = (AudioStreamBasicDescription){ .mFormatID = kAudioFormatAppleIMA4, .mChannelsPerFrame = 2 };
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsVBR, sizeof f, &f), 0);
    f = (AudioStreamBasicDescription){ .mFormatID = kAudioFormatLinearPCM,
                                       .mChannelsPerFrame = 2,
                                       .mBitsPerChannel = 16,
                                       .mFormatFlags = kAudioFormatFlagIsSignedInteger |
                                                       kAudioFormatFlagIsPacked |
                                                       kAudioFormatFlagIsBigEndian };
    check_text(kAudioFormatProperty_FormatName, sizeof f, &f, "PCM, 16-bit signed integer, big-endian");
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsVBR, sizeof f, &f), 0);
    UInt32 id = kAudioFormatMPEG4AAC;
    CHECK_EQ(get32(kAudioFormatProperty_FormatIsEncrypted, sizeof id, &id), 0);
}

static void test_codecs(void)
{
    UInt32 size, law = kAudioFormatULaw;
    UInt32 *ids = get(kAudioFormatProperty_DecodeFormatIDs, 0, NULL, &size);
    CHECK(contains(ids, size, kAudioFormatLinearPCM) && contains(ids, size, kAudioFormatAppleIMA4));
    bool has_aac = contains(ids, size, kAudioFormatMPEG4AAC);
    free(ids);
    ids = get(kAudioFormatProperty_EncodeFormatIDs, 0, NULL, &size);
    CHECK(contains(ids, size, kAudioFormatALaw));
    free(ids);
    AudioClassDescription *classes = get(kAudioFormatProperty_Encoders, 4, &law, &size);
    CHECK_EQ(size, sizeof *classes);
    CHECK(classes->mType == kAudioEncoderComponentType && classes->mSubType == law);
    free(classes);
    AudioStreamBasicDescription f = { .mFormatID = kAudioFormatLinearPCM };
    UInt32 *numbers = get(kAudioFormatProperty_AvailableEncodeNumberChannels, sizeof f, &f, &size);
    CHECK(size == 4 && numbers[0] == 0xFFFFFFFF);
    free(numbers);
    if (!has_aac) {
        printf("   without the FFmpeg plug-in\n");
        return;
    }
    f = (AudioStreamBasicDescription){ .mFormatID = kAudioFormatMPEG4AAC, .mChannelsPerFrame = 6 };
    numbers = get(kAudioFormatProperty_AvailableEncodeNumberChannels, sizeof f, &f, &size);
    CHECK(contains(numbers, size, 1) && contains(numbers, size, 6));
    free(numbers);
    UInt32 *tags = get(kAudioFormatProperty_AvailableEncodeChannelLayoutTags, sizeof f, &f, &size);
    CHECK(contains(tags, size, kAudioChannelLayoutTag_AAC_5_1));
    free(tags);
    UInt32 aac = kAudioFormatMPEG4AAC;
    AudioValueRange *ranges = get(kAudioFormatProperty_AvailableEncodeSampleRates, 4, &aac, &size);
    CHECK(size / sizeof *ranges >= 12);
    for (UInt32 i = 1; i < size / sizeof *ranges; i++)
        CHECK(ranges[i - 1].mMinimum < ranges[i].mMinimum);
    free(ranges);
    ranges = get(kAudioFormatProperty_AvailableEncodeBitRates, 4, &aac, &size);
    CHECK(size / sizeof *ranges >= 10);
    free(ranges);
}

static const UInt8 lc_config[] = { 0x12, 0x10 }; /* LC, 44.1 kHz, stereo */
static const UInt8 he_config[] = { 0x13, 0x90, 0x56, 0xE5,
                                   0xA0 }; /* LC, 22.05 kHz, stereo; SBR to 44.1 kHz */
/* An ES_Descriptor around 5.1 at 48 kHz: 11 B0. */
static const UInt8 esds[] = { 0x03, 0x19, 0, 0,    0,    0x04, 0x11, 0x40, 0x15, 0,    0x06, 0, 0, 0x01,
                              0xF4, 0x00, 0, 0x01, 0xF4, 0,    0x05, 2,    0x11, 0xB0, 0x06, 1, 2 };

static void test_cookies(void)
{
    UInt32 size = sizeof(AudioStreamBasicDescription);
    AudioStreamBasicDescription f = { .mFormatID = kAudioFormatMPEG4AAC };
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_FormatInfo, sizeof lc_config, lc_config, &size, &f),
             noErr);
    CHECK(f.mSampleRate == 44100 && f.mChannelsPerFrame == 2 && f.mFramesPerPacket == 1024);
    f = (AudioStreamBasicDescription){ .mFormatID = kAudioFormatAppleIMA4, .mChannelsPerFrame = 1 };
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_FormatInfo, 0, NULL, &size, &f), noErr);
    CHECK(f.mBytesPerPacket == 34 && f.mFramesPerPacket == 64);
    f.mFormatID = 0;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_FormatInfo, 0, NULL, &size, &f),
             kAudioFormatUnsupportedDataFormatError);

    AudioFormatInfo info = { { .mFormatID = kAudioFormatMPEG4AAC }, he_config, sizeof he_config };
    AudioFormatListItem *items = get(kAudioFormatProperty_FormatList, sizeof info, &info, &size);
    CHECK_EQ(size, 2 * sizeof *items);
    CHECK(items[0].mASBD.mFormatID == kAudioFormatMPEG4AAC_HE && items[0].mASBD.mSampleRate == 44100);
    CHECK(items[1].mASBD.mFormatID == kAudioFormatMPEG4AAC && items[1].mASBD.mSampleRate == 22050);
    CHECK_EQ(items[0].mChannelLayoutTag, kAudioChannelLayoutTag_Stereo);
    items[0].mASBD.mFormatID = 'zzzz';
    items[1].mASBD.mFormatID = kAudioFormatALaw;
    CHECK_EQ(get32(kAudioFormatProperty_FirstPlayableFormatFromList, size, items), 1);
    free(items);
    items = get(kAudioFormatProperty_OutputFormatList, sizeof info, &info, &size);
    CHECK_EQ(size, 2 * sizeof *items);
    CHECK(items[0].mASBD.mFormatID == kAudioFormatLinearPCM && items[0].mASBD.mSampleRate == 44100);
    free(items);

    AudioStreamBasicDescription *found = get(kAudioFormatProperty_ASBDFromESDS, sizeof esds, esds, &size);
    CHECK(found->mFormatID == kAudioFormatMPEG4AAC && found->mSampleRate == 48000 &&
          found->mChannelsPerFrame == 6);
    free(found);
    AudioChannelLayout *layout = get(kAudioFormatProperty_ChannelLayoutFromESDS, sizeof esds, esds, &size);
    CHECK_EQ(layout->mChannelLayoutTag, kAudioChannelLayoutTag_AAC_5_1);
    free(layout);
    size = sizeof f;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_ASBDFromESDS, 4, "\xFF\xFF\xFF\xFF", &size, &f),
             kAudioFormatUnsupportedDataFormatError);
}

static void test_streams(void)
{
    static const UInt8 frame[] = { 0xFF, 0xFB, 0x90,
                                   0x64 }; /* MPEG-1 Layer III, 128 kbit/s, 44.1 kHz, joint stereo */
    UInt32 size;
    AudioStreamBasicDescription *f = get(kAudioFormatProperty_ASBDFromMPEGPacket, sizeof frame, frame, &size);
    CHECK(f->mFormatID == kAudioFormatMPEGLayer3 && f->mSampleRate == 44100);
    CHECK(f->mChannelsPerFrame == 2 && f->mFramesPerPacket == 1152);
    free(f);
    AudioStreamBasicDescription none;
    size = sizeof none;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_ASBDFromMPEGPacket, 4, "RIFF", &size, &none),
             kAudioFormatUnsupportedDataFormatError);

    static const UInt8 tag[] = "ID3\x03\0\0\0\0\0\x10"
                               "TIT2\0\0\0\x06\0\0\0Title";
    CHECK_EQ(get32(kAudioFormatProperty_ID3TagSize, 10, tag), 26);
    CFDictionaryRef info = NULL;
    size = sizeof info;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_ID3TagToDictionary, 26, tag, &size, &info), noErr);
    CHECK(CFEqual(CFDictionaryGetValue(info, CFSTR("title")), CFSTR("Title")));
    CFRelease(info);
    UInt32 value;
    size = 4;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_ID3TagSize, 10, "no tag at all", &size, &value),
             kAudioFormatUnspecifiedError);
}

static void test_layouts(void)
{
    UInt32 size, tag = kAudioChannelLayoutTag_MPEG_5_1_A, bitmap = 0x3F, six = 6;
    AudioChannelLayout *expanded = get(kAudioFormatProperty_ChannelLayoutForTag, 4, &tag, &size);
    CHECK_EQ(size, 12 + 6 * 20);
    CHECK_EQ(expanded->mNumberChannelDescriptions, 6);
    CHECK_EQ(expanded->mChannelDescriptions[3].mChannelLabel, kAudioChannelLabel_LFEScreen);
    CHECK_EQ(get32(kAudioFormatProperty_TagForChannelLayout, size, expanded), tag);
    CHECK_EQ(get32(kAudioFormatProperty_NumberOfChannelsForLayout, size, expanded), 6);
    CHECK_EQ(get32(kAudioFormatProperty_ValidateChannelLayout, size, expanded), 1);
    CHECK_EQ(get32(kAudioFormatProperty_ValidateChannelLayout, size - 1, expanded), 0);
    AudioChannelLayout same = tag_layout(tag), other = tag_layout(kAudioChannelLayoutTag_MPEG_5_1_B);
    const AudioChannelLayout *pair[2] = { expanded, &same };
    CHECK_EQ(get32(kAudioFormatProperty_AreChannelLayoutsEquivalent, sizeof pair, pair), 1);
    CHECK_EQ(get32(kAudioFormatProperty_ChannelLayoutHash, size, expanded),
             get32(kAudioFormatProperty_ChannelLayoutHash, sizeof same, &same));
    pair[1] = &other;
    CHECK_EQ(get32(kAudioFormatProperty_AreChannelLayoutsEquivalent, sizeof pair, pair), 0);
    free(expanded);
    CHECK_EQ(get32(kAudioFormatProperty_BitmapForLayoutTag, 4, &tag), 0x3F);
    expanded = get(kAudioFormatProperty_ChannelLayoutForBitmap, 4, &bitmap, &size);
    CHECK_EQ(get32(kAudioFormatProperty_TagForChannelLayout, size, expanded), tag);
    free(expanded);
    UInt32 *tags = get(kAudioFormatProperty_TagsForNumberOfChannels, 4, &six, &size);
    CHECK(contains(tags, size, tag) && contains(tags, size, kAudioChannelLayoutTag_AAC_6_0));
    CHECK(!contains(tags, size, kAudioChannelLayoutTag_Stereo));
    free(tags);
    check_text(kAudioFormatProperty_ChannelLayoutName, sizeof same, &same, "5.1 (L R C LFE Ls Rs)");
    check_text(kAudioFormatProperty_ChannelLayoutSimpleName, sizeof same, &same, "5.1");
    AudioChannelDescription left = { .mChannelLabel = kAudioChannelLabel_LeftSurround };
    check_text(kAudioFormatProperty_ChannelName, sizeof left, &left, "Left Surround");
    check_text(kAudioFormatProperty_ChannelShortName, sizeof left, &left, "Ls");
    tag = kAudioChannelLayoutTag_AAC_5_1; /* C comes first: no bitmap does that */
    size = 4;
    CHECK_EQ(AudioFormatGetProperty(kAudioFormatProperty_BitmapForLayoutTag, 4, &tag, &size, &six),
             kAudioFormatUnsupportedDataFormatError);
}

static void test_gains(void)
{
    AudioChannelLayout surround = tag_layout(kAudioChannelLayoutTag_MPEG_5_0_A);
    AudioChannelLayout stereo = tag_layout(kAudioChannelLayoutTag_Stereo);
    const AudioChannelLayout *pair[2] = { &surround, &stereo };
    UInt32 size;
    Float32 *gains = get(kAudioFormatProperty_MatrixMixMap, sizeof pair, pair, &size);
    CHECK_EQ(size, 5 * 2 * 4);
    CHECK(gains[0] == 1 && gains[1] == 0);
    CHECK_NEAR(gains[4], sqrt(0.5), 1e-6); /* the centre, to the left */
    free(gains);
    SInt32 *map = get(kAudioFormatProperty_ChannelMap, sizeof pair, pair, &size);
    CHECK(size == 8 && map[0] == 0 && map[1] == 1);
    free(map);
    AudioBalanceFade fade = { .mLeftRightBalance = 1, .mChannelLayout = &stereo };
    gains = get(kAudioFormatProperty_BalanceFade, sizeof fade, &fade, &size);
    CHECK(size == 8 && gains[0] == 0 && gains[1] == 1);
    free(gains);
    AudioPanningInfo info = {
        kPanningMode_VectorBasedPanning, kAudioChannelFlags_SphericalCoordinates, { -30, 0, 1 }, 0.5f, &stereo
    };
    gains = get(kAudioFormatProperty_PanningMatrix, sizeof info, &info, &size);
    CHECK_EQ(size, 8);
    CHECK_NEAR(gains[0], 0.5, 1e-6);
    CHECK_NEAR(gains[1], 0, 1e-6);
    free(gains);
    info.mOutputChannelMap = NULL;
    CHECK_EQ(AudioFormatGetPropertyInfo(kAudioFormatProperty_PanningMatrix, sizeof info, &info, &size),
             kAudio_ParamError);
}

int main(void)
{
    RUN(test_errors);
    RUN(test_formats);
    RUN(test_codecs);
    RUN(test_cookies);
    RUN(test_streams);
    RUN(test_layouts);
    RUN(test_gains);
    return 0;
}
