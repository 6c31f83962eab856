/*
 * Channel layouts and mixing. Expected orders are those of the Vorbis I specification (4.3.9), of Microsoft's
 * WAVEFORMATEXTENSIBLE and of ISO/IEC 23091-3; coefficients those of ITU-R BS.775-3, table 2.
 */
#include "check.h"
#include "format/layout.h"
#include "format/mix.h"
#include "format/pcm.h"

#include <CoreFoundation/CoreFoundation.h>

static const char *order_of(const AudioChannelLayout *layout)
{
    static char text[512];
    AudioChannelLabel labels[64];
    UInt32 count = cm_layout_labels(layout, labels, 64);
    text[0] = 0;
    for (UInt32 i = 0; i < count; i++) {
        strcat(text, i ? " " : "");
        strcat(text, cm_layout_label_short_name(labels[i]));
    }
    return text;
}

static AudioChannelLayout tag_layout(AudioChannelLayoutTag tag)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = tag };
    return layout;
}

static void check_order(AudioChannelLayoutTag tag, const char *order)
{
    AudioChannelLayout layout = tag_layout(tag);
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), noErr);
    CHECK_STR(order_of(&layout), order);
}

static void test_orders_of_standards(void)
{
    check_order(kAudioChannelLayoutTag_Ogg_3_0, "L C R");
    check_order(kAudioChannelLayoutTag_Ogg_4_0, "L R Rls Rrs");
    check_order(kAudioChannelLayoutTag_Ogg_5_0, "L C R Rls Rrs");
    check_order(kAudioChannelLayoutTag_Ogg_5_1, "L C R Rls Rrs LFE");
    check_order(kAudioChannelLayoutTag_Ogg_6_1, "L C R Ls Rs Cs LFE");
    check_order(kAudioChannelLayoutTag_Ogg_7_1, "L C R Ls Rs Rls Rrs LFE");
    check_order(kAudioChannelLayoutTag_WAVE_5_1_A, "L R C LFE Ls Rs");
    check_order(kAudioChannelLayoutTag_WAVE_6_1, "L R C LFE Cs Ls Rs");
    check_order(kAudioChannelLayoutTag_WAVE_7_1, "L R C LFE Rls Rrs Ls Rs");
    check_order(kAudioChannelLayoutTag_AAC_5_1, "C L R Ls Rs LFE");
    check_order(kAudioChannelLayoutTag_AAC_7_1, "C Lc Rc L R Ls Rs LFE");
    check_order(kAudioChannelLayoutTag_CICP_6, "L R C LFE Ls Rs");
    check_order(kAudioChannelLayoutTag_CICP_13, "Lc Rc C LFE2 Rls Rrs L R Cs LFE3 Lss Rss Vhl Vhr Vhc Ts "
                                                "Ltr Rtr Ltm Rtm Ctr Cb Lb Rb");
}

static void test_rules(void)
{
    AudioChannelLabel labels[16];
    AudioChannelLayout layout = tag_layout(kAudioChannelLayoutTag_DiscreteInOrder | 9);
    CHECK_EQ(cm_layout_labels(&layout, labels, 16), 9);
    CHECK_EQ(labels[8], kAudioChannelLabel_Discrete_8);
    layout.mChannelLayoutTag = kAudioChannelLayoutTag_HOA_ACN_SN3D | 16;
    CHECK_EQ(cm_layout_labels(&layout, labels, 16), 16);
    CHECK_EQ(labels[15], kAudioChannelLabel_HOA_ACN_15);
    layout.mChannelLayoutTag = kAudioChannelLayoutTag_Unknown | 5;
    CHECK_EQ(cm_layout_labels(&layout, labels, 2), 5);
    CHECK_EQ(labels[1], kAudioChannelLabel_Unknown);
    CHECK_EQ(AudioChannelLayoutTag_GetNumberOfChannels(kAudioChannelLayoutTag_MPEG_5_1_A), 6);
}

static void test_every_tag_and_its_way_back(void)
{
    AudioChannelLayoutTag tag;
    int count = 0, twins = 0;
    for (; (tag = cm_layout_tag_at((size_t)count)) != 0; count++) {
        AudioChannelLayout layout = tag_layout(tag);
        AudioChannelLabel labels[32];
        CHECK_EQ(cm_layout_check(&layout, sizeof layout), noErr);
        UInt32 channels = cm_layout_labels(&layout, labels, 32);
        CHECK_EQ(channels, tag & 0xFFFF);
        for (UInt32 i = 0; i < channels; i++) {
            CHECK(cm_layout_label_short_name(labels[i])[0] != 0);
            for (UInt32 j = 0; j < i; j++)
                CHECK(labels[i] != labels[j]);
        }
        AudioChannelLayoutTag back = cm_layout_tag_for_labels(labels, channels);
        AudioChannelLayout other = tag_layout(back);
        CHECK(cm_layout_equal(&layout, &other));
        CHECK_EQ(cm_layout_hash(&layout), cm_layout_hash(&other));
        twins += back != tag;
        UInt32 size;
        AudioChannelLayout *expanded = cm_layout_new_expanded(&layout, &size);
        CHECK_EQ(expanded->mNumberChannelDescriptions, channels);
        CHECK_EQ(size, 12 + 20 * channels);
        CHECK_EQ(cm_layout_tag(expanded), back);
        free(expanded);
    }
    CHECK_EQ(count, 113);
    CHECK_EQ(twins, 3); /* ITU 2/2, pentagonal and hexagonal have the channels of other tags */
}

static void test_untrusted_layouts(void)
{
    AudioChannelLayout layout = { .mChannelLayoutTag = kAudioChannelLayoutTag_UseChannelDescriptions,
                                  .mNumberChannelDescriptions = 1 };
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), noErr);
    CHECK_EQ(cm_layout_check(&layout, 11), kAudio_ParamError);
    CHECK_EQ(cm_layout_check(&layout, 31), kAudio_ParamError);
    layout.mNumberChannelDescriptions = 0x0CCCCCCD; /* times 20 is 4 in 32 bits */
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
    layout.mNumberChannelDescriptions = 0;
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
    layout = tag_layout(kAudioChannelLayoutTag_UseChannelBitmap);
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
    layout.mChannelBitmap = 0x80000003;
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
    layout.mChannelBitmap = 0x3F;
    CHECK_EQ(cm_layout_check(&layout, 12), noErr);
    CHECK_EQ(cm_layout_tag(&layout), kAudioChannelLayoutTag_MPEG_5_1_A);
    layout = tag_layout(900u << 16 | 2);
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
    layout = tag_layout(kAudioChannelLayoutTag_DiscreteInOrder | 0xFFFF);
    CHECK_EQ(cm_layout_check(&layout, sizeof layout), kAudio_ParamError);
}

static void test_wave_masks(void)
{
    static const struct {
        UInt32 mask, channels;
        const char *order;
    } masks[] = {
        { 0x4, 1, "C" },
        { 0x3, 2, "L R" },
        { 0x33, 4, "L R Ls Rs" },
        { 0x3F, 6, "L R C LFE Ls Rs" },
        { 0x60F, 6, "L R C LFE Lsd Rsd" },
        { 0x63F, 8, "L R C LFE Ls Rs Lsd Rsd" },
        { 0x2D63F, 12, "L R C LFE Ls Rs Lsd Rsd Vhl Vhr Tbl Tbr" },
    };
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        UInt32 size;
        AudioChannelLayout *layout = cm_layout_new_wave(masks[i].mask, masks[i].channels, &size);
        CHECK_EQ(cm_layout_check(layout, size), noErr);
        CHECK_STR(order_of(layout), masks[i].order);
        CHECK_EQ(cm_layout_wave_mask(layout), masks[i].mask);
        CHECK_EQ(cm_layout_bitmap(layout), masks[i].mask);
        free(layout);
    }
    static const struct {
        AudioChannelLayoutTag tag;
        UInt32 mask;
    } tags[] = {
        { kAudioChannelLayoutTag_Mono, 0x4 },        { kAudioChannelLayoutTag_Stereo, 0x3 },
        { kAudioChannelLayoutTag_WAVE_2_1, 0xB },    { kAudioChannelLayoutTag_WAVE_5_1_A, 0x3F },
        { kAudioChannelLayoutTag_WAVE_5_1_B, 0x3F }, { kAudioChannelLayoutTag_WAVE_7_1, 0x63F },
        { kAudioChannelLayoutTag_MPEG_7_1_C, 0 },    { kAudioChannelLayoutTag_AAC_5_1, 0 },
        { kAudioChannelLayoutTag_MPEG_7_1_A, 0xFF }, { kAudioChannelLayoutTag_MidSide, 0 },
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        AudioChannelLayout layout = tag_layout(tags[i].tag);
        CHECK_EQ(cm_layout_wave_mask(&layout), tags[i].mask);
    }
    UInt32 size;
    AudioChannelLayout *layout = cm_layout_new_wave(0x3F, 2, &size); /* surplus bits */
    CHECK_STR(order_of(layout), "L R");
    free(layout);
    layout = cm_layout_new_wave(0x3, 3, &size); /* a channel without a bit */
    CHECK_EQ(cm_layout_channels(layout), 3);
    CHECK_EQ(layout->mChannelDescriptions[2].mChannelLabel, kAudioChannelLabel_Unknown);
    CHECK_EQ(cm_layout_wave_mask(layout), 0x3);
    free(layout);
    CHECK(cm_layout_new_wave(0, 2, &size) == NULL);
}

static void check_name(AudioChannelLayoutTag tag, const char *simple, const char *full)
{
    AudioChannelLayout layout = tag_layout(tag);
    CFStringRef name = cm_layout_copy_name(&layout, true);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), simple);
    CFRelease(name);
    name = cm_layout_copy_name(&layout, false);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), full);
    CFRelease(name);
}

static void test_names(void)
{
    check_name(kAudioChannelLayoutTag_Mono, "Mono", "Mono");
    check_name(kAudioChannelLayoutTag_Stereo, "Stereo", "Stereo (L R)");
    check_name(kAudioChannelLayoutTag_MPEG_5_1_A, "5.1", "5.1 (L R C LFE Ls Rs)");
    check_name(kAudioChannelLayoutTag_Atmos_7_1_4, "7.1.4",
               "7.1.4 (L R C LFE Ls Rs Rls Rrs Vhl Vhr Ltr Rtr)");
    check_name(kAudioChannelLayoutTag_DiscreteInOrder | 3, "Discrete, 3 channels", "Discrete, 3 channels");
    check_name(kAudioChannelLayoutTag_HOA_ACN_N3D | 9, "Ambisonic order 2, N3D", "Ambisonic order 2, N3D");
    check_name(kAudioChannelLayoutTag_Unknown | 3, "3 channels", "3 channels");
    CFStringRef name = cm_layout_copy_channel_name(kAudioChannelLabel_LeftSurround, false);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), "Left Surround");
    CFRelease(name);
    name = cm_layout_copy_channel_name(kAudioChannelLabel_Discrete_3, true);
    CHECK_STR(CFStringGetCStringPtr(name, kCFStringEncodingUTF8), "D3");
    CFRelease(name);
    CHECK(cm_layout_copy_channel_name(999, false) == NULL);
}

static void check_matrix(AudioChannelLayoutTag from, AudioChannelLayoutTag to, const Float32 *expected)
{
    AudioChannelLabel source[32], target[32];
    Float32 matrix[32 * 32];
    AudioChannelLayout a = tag_layout(from), b = tag_layout(to);
    UInt32 rows = cm_layout_labels(&a, source, 32), columns = cm_layout_labels(&b, target, 32);
    CHECK_EQ(cm_mix_matrix(source, rows, target, columns, matrix), noErr);
    for (UInt32 i = 0; i < rows * columns; i++)
        CHECK_NEAR(matrix[i], expected[i], 1e-6);
}

#define H 0.70710678f

static void test_down_mixes(void)
{
    /* Rows are sources: L R C Ls Rs. */
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_Stereo,
                 (Float32[]){ 1, 0, 0, 1, H, H, H, 0, 0, H });
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_MPEG_3_0_A,
                 (Float32[]){ 1, 0, 0, 0, 1, 0, 0, 0, 1, H, 0, 0, 0, H, 0 });
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_MPEG_4_0_A,
                 (Float32[]){ 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, H, 0, 0, 0, H });
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_ITU_2_1,
                 (Float32[]){ 1, 0, 0, 0, 1, 0, H, H, 0, 0, 0, H, 0, 0, H });
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_Quadraphonic,
                 (Float32[]){ 1, 0, 0, 0, 0, 1, 0, 0, H, H, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 });
    /* BS.775's mono, lowered by 3 dB so that stereo to mono is the half sum. */
    check_matrix(kAudioChannelLayoutTag_MPEG_5_0_A, kAudioChannelLayoutTag_Mono,
                 (Float32[]){ 0.5f, 0.5f, H, H / 2, H / 2 });
    check_matrix(kAudioChannelLayoutTag_Stereo, kAudioChannelLayoutTag_Mono, (Float32[]){ 0.5f, 0.5f });
    check_matrix(kAudioChannelLayoutTag_MPEG_5_1_A, kAudioChannelLayoutTag_Stereo,
                 (Float32[]){ 1, 0, 0, 1, H, H, 0, 0, H, 0, 0, H });
}

static void test_up_mixes_and_orders(void)
{
    check_matrix(kAudioChannelLayoutTag_Mono, kAudioChannelLayoutTag_Stereo, (Float32[]){ 1, 1 });
    check_matrix(kAudioChannelLayoutTag_Mono, kAudioChannelLayoutTag_MPEG_5_1_A,
                 (Float32[]){ 1, 1, 0, 0, 0, 0 });
    check_matrix(kAudioChannelLayoutTag_Stereo, kAudioChannelLayoutTag_MPEG_5_1_A,
                 (Float32[]){ 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 });
    check_matrix(kAudioChannelLayoutTag_MPEG_3_0_A, kAudioChannelLayoutTag_MPEG_3_0_B,
                 (Float32[]){ 0, 1, 0, 0, 0, 1, 1, 0, 0 });
    check_matrix(kAudioChannelLayoutTag_MidSide, kAudioChannelLayoutTag_Stereo, (Float32[]){ 1, 1, 1, -1 });
    check_matrix(kAudioChannelLayoutTag_DiscreteInOrder | 2, kAudioChannelLayoutTag_MPEG_3_0_A,
                 (Float32[]){ 1, 0, 0, 0, 1, 0 });
    AudioChannelLabel click = kAudioChannelLabel_ClickTrack, left = kAudioChannelLabel_Left;
    Float32 gain;
    CHECK_EQ(cm_mix_matrix(&click, 1, &left, 1, &gain), kAudioFormatUnsupportedDataFormatError);
}

/* No source may be louder in the target than alone, and every loudspeaker channel but the LFE must be heard.
 */
static void test_every_tag_to_stereo(void)
{
    static const AudioChannelLabel stereo[2] = { kAudioChannelLabel_Left, kAudioChannelLabel_Right };
    AudioChannelLayoutTag tag;
    for (size_t t = 0; (tag = cm_layout_tag_at(t)) != 0; t++) {
        AudioChannelLayout layout = tag_layout(tag);
        AudioChannelLabel labels[32];
        Float32 matrix[64], azimuth, elevation;
        UInt32 count = cm_layout_labels(&layout, labels, 32);
        if (!cm_mix_direction(labels[0], &azimuth, &elevation))
            continue;
        CHECK_EQ(cm_mix_matrix(labels, count, stereo, 2, matrix), noErr);
        for (UInt32 i = 0; i < count && count > 1; i++) {
            Float32 power = matrix[2 * i] * matrix[2 * i] + matrix[2 * i + 1] * matrix[2 * i + 1];
            CHECK(power < 1.0001f);
            if (cm_mix_direction(labels[i], &azimuth, &elevation))
                CHECK(power > 0.1f);
        }
    }
}

static void test_channel_map(void)
{
    static const AudioChannelLabel from[3] = { kAudioChannelLabel_Left, kAudioChannelLabel_Right,
                                               kAudioChannelLabel_Center };
    static const AudioChannelLabel to[4] = { kAudioChannelLabel_Center, kAudioChannelLabel_Left,
                                             kAudioChannelLabel_LFEScreen, kAudioChannelLabel_Right };
    SInt32 map[4];
    cm_mix_channel_map(from, 3, to, 4, map);
    CHECK(map[0] == 2 && map[1] == 0 && map[2] == -1 && map[3] == 1);
}

static void test_balance_and_fade(void)
{
    static const AudioChannelLabel quad[4] = { kAudioChannelLabel_Left, kAudioChannelLabel_Right,
                                               kAudioChannelLabel_LeftSurround,
                                               kAudioChannelLabel_RightSurround };
    Float32 gains[4];
    AudioBalanceFade setting = { .mLeftRightBalance = 0, .mBackFrontFade = 0 };
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 4, gains), noErr);
    CHECK(gains[0] == 1 && gains[1] == 1 && gains[2] == 1 && gains[3] == 1);
    setting.mLeftRightBalance = 0.5f;
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 4, gains), noErr);
    CHECK(gains[0] == 0.5f && gains[1] == 1 && gains[2] == 0.5f && gains[3] == 1);
    setting.mBackFrontFade = -1;
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 4, gains), noErr);
    CHECK(gains[0] == 0 && gains[1] == 0 && gains[2] == 0.5f && gains[3] == 1);
    setting = (AudioBalanceFade){ .mLeftRightBalance = -1, .mType = kAudioBalanceFadeType_EqualPower };
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 2, gains), noErr);
    CHECK_NEAR(gains[0], sqrt(2), 1e-6);
    CHECK_NEAR(gains[1], 0, 1e-6);
    setting.mLeftRightBalance = 0.3f;
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 2, gains), noErr);
    CHECK_NEAR(gains[0] * gains[0] + gains[1] * gains[1], 2, 1e-5);
    setting.mLeftRightBalance = 1.5f;
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 2, gains), kAudio_ParamError);
    setting.mLeftRightBalance = NAN;
    CHECK_EQ(cm_mix_balance_fade(&setting, quad, 2, gains), kAudio_ParamError);
}

static void pan(AudioChannelLayoutTag tag, UInt32 mode, Float32 azimuth, Float32 elevation, Float32 *gains)
{
    AudioChannelLayout layout = tag_layout(tag);
    AudioChannelLabel labels[32];
    UInt32 count = cm_layout_labels(&layout, labels, 32);
    AudioPanningInfo info = {
        mode, kAudioChannelFlags_SphericalCoordinates, { azimuth, elevation, 1 }, 1, &layout
    };
    CHECK_EQ(cm_mix_panning(&info, &layout, labels, count, gains), noErr);
    double power = 0;
    for (UInt32 i = 0; i < count; i++)
        power += gains[i] * gains[i];
    if (tag != kAudioChannelLayoutTag_Ambisonic_B_Format)
        CHECK_NEAR(power, 1, 1e-5);
}

static void test_panning(void)
{
    const UInt32 vbap = kPanningMode_VectorBasedPanning, field = kPanningMode_SoundField;
    Float32 g[16];
    pan(kAudioChannelLayoutTag_Stereo, vbap, 0, 0, g);
    CHECK_NEAR(g[0], H, 1e-6);
    pan(kAudioChannelLayoutTag_Stereo, vbap, 30, 0, g);
    CHECK_NEAR(g[0], 0, 1e-6);
    CHECK_NEAR(g[1], 1, 1e-6);
    /* The tangent law that VBAP is for a pair: tan(15) / tan(30) = (r - l) / (r + l). */
    pan(kAudioChannelLayoutTag_Stereo, vbap, 15, 0, g);
    CHECK_NEAR((g[1] - g[0]) / (g[1] + g[0]), tan(M_PI / 12) / tan(M_PI / 6), 1e-5);
    pan(kAudioChannelLayoutTag_Stereo, vbap, 180, 0, g);
    CHECK_NEAR(g[0], g[1], 1e-6);
    pan(kAudioChannelLayoutTag_MPEG_5_1_A, vbap, 70, 0, g); /* between R and Rs alone */
    CHECK(g[1] > 0.5f && g[5] > 0.5f && g[0] == 0 && g[2] == 0 && g[3] == 0 && g[4] == 0);
    pan(kAudioChannelLayoutTag_MPEG_5_1_A, vbap, 0, 40, g);
    CHECK_NEAR(g[2], 1, 1e-6);
    pan(kAudioChannelLayoutTag_Atmos_7_1_4, vbap, 45, 30, g); /* at Vhr */
    CHECK_NEAR(g[9], 1, 1e-5);
    pan(kAudioChannelLayoutTag_MPEG_5_1_A, field, 0, 0, g);
    CHECK(g[2] > g[0] && g[0] > g[4] && g[4] > 0);
    pan(kAudioChannelLayoutTag_Ambisonic_B_Format, field, 90, 0, g);
    CHECK_NEAR(g[0], H, 1e-6);
    CHECK_NEAR(g[1], 0, 1e-6);
    CHECK_NEAR(g[2], -1, 1e-6);

    AudioChannelLayout stereo = tag_layout(kAudioChannelLayoutTag_Stereo);
    AudioChannelLabel labels[2] = { kAudioChannelLabel_Left, kAudioChannelLabel_Right };
    AudioPanningInfo info = { vbap, kAudioChannelFlags_RectangularCoordinates, { 0, 0, 0 }, 1, &stereo };
    CHECK_EQ(cm_mix_panning(&info, &stereo, labels, 2, g), kAudio_ParamError);
    info.mCoordinates[0] = INFINITY;
    CHECK_EQ(cm_mix_panning(&info, &stereo, labels, 2, g), kAudio_ParamError);
    info.mCoordinates[0] = 1;
    CHECK_EQ(cm_mix_panning(&info, &stereo, labels, 2, g), noErr);
    CHECK_NEAR(g[1], 1, 1e-6);
    info.mPanningMode = 9;
    CHECK_EQ(cm_mix_panning(&info, &stereo, labels, 2, g), kAudio_ParamError);
}

int main(void)
{
    RUN(test_orders_of_standards);
    RUN(test_rules);
    RUN(test_every_tag_and_its_way_back);
    RUN(test_untrusted_layouts);
    RUN(test_wave_masks);
    RUN(test_names);
    RUN(test_down_mixes);
    RUN(test_up_mixes_and_orders);
    RUN(test_every_tag_to_stereo);
    RUN(test_channel_map);
    RUN(test_balance_and_fade);
    RUN(test_panning);
    return 0;
}
