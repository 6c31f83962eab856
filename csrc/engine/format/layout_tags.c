/*
 * The channels of every layout tag that has a fixed meaning, in order. Where two tags have the same channels
 * the one listed first is what a layout with those channels is called.
 */
#include "layout.h"

enum {
    L = kAudioChannelLabel_Left,
    R = kAudioChannelLabel_Right,
    C = kAudioChannelLabel_Center,
    LFE = kAudioChannelLabel_LFEScreen,
    Ls = kAudioChannelLabel_LeftSurround,
    Rs = kAudioChannelLabel_RightSurround,
    Lc = kAudioChannelLabel_LeftCenter,
    Rc = kAudioChannelLabel_RightCenter,
    Cs = kAudioChannelLabel_CenterSurround,
    Lsd = kAudioChannelLabel_LeftSurroundDirect,
    Rsd = kAudioChannelLabel_RightSurroundDirect,
    Csd = kAudioChannelLabel_CenterSurroundDirect,
    Ts = kAudioChannelLabel_TopCenterSurround,
    Vhl = kAudioChannelLabel_VerticalHeightLeft,
    Vhc = kAudioChannelLabel_VerticalHeightCenter,
    Vhr = kAudioChannelLabel_VerticalHeightRight,
    Tbl = kAudioChannelLabel_TopBackLeft,
    Tbr = kAudioChannelLabel_TopBackRight,
    Rls = kAudioChannelLabel_RearSurroundLeft,
    Rrs = kAudioChannelLabel_RearSurroundRight,
    Lw = kAudioChannelLabel_LeftWide,
    Rw = kAudioChannelLabel_RightWide,
    LFE2 = kAudioChannelLabel_LFE2,
    LFE3 = kAudioChannelLabel_LFE3,
    Lt = kAudioChannelLabel_LeftTotal,
    Rt = kAudioChannelLabel_RightTotal,
    HI = kAudioChannelLabel_HearingImpaired,
    VI = kAudioChannelLabel_Narration,
    Hap = kAudioChannelLabel_Haptic,
    M = kAudioChannelLabel_Mono,
    Ltm = kAudioChannelLabel_LeftTopMiddle,
    Rtm = kAudioChannelLabel_RightTopMiddle,
    Ltr = kAudioChannelLabel_LeftTopRear,
    Ctr = kAudioChannelLabel_CenterTopRear,
    Rtr = kAudioChannelLabel_RightTopRear,
    Lss = kAudioChannelLabel_LeftSideSurround,
    Rss = kAudioChannelLabel_RightSideSurround,
    Lb = kAudioChannelLabel_LeftBottom,
    Rb = kAudioChannelLabel_RightBottom,
    Cb = kAudioChannelLabel_CenterBottom,
    Lts = kAudioChannelLabel_LeftTopSurround,
    Rts = kAudioChannelLabel_RightTopSurround,
    Lbs = kAudioChannelLabel_LeftBackSurround,
    Rbs = kAudioChannelLabel_RightBackSurround,
    Leos = kAudioChannelLabel_LeftEdgeOfScreen,
    Reos = kAudioChannelLabel_RightEdgeOfScreen,
    W = kAudioChannelLabel_Ambisonic_W,
    X = kAudioChannelLabel_Ambisonic_X,
    Y = kAudioChannelLabel_Ambisonic_Y,
    Z = kAudioChannelLabel_Ambisonic_Z,
    Mid = kAudioChannelLabel_MS_Mid,
    Side = kAudioChannelLabel_MS_Side,
    XyX = kAudioChannelLabel_XY_X,
    XyY = kAudioChannelLabel_XY_Y,
    BiL = kAudioChannelLabel_BinauralLeft,
    BiR = kAudioChannelLabel_BinauralRight,
    HpL = kAudioChannelLabel_HeadphonesLeft,
    HpR = kAudioChannelLabel_HeadphonesRight,
};

#define MOST_CHANNELS 24

typedef struct tag_row {
    AudioChannelLayoutTag tag;
    cm_short_label labels[MOST_CHANNELS];
} tag_row;

#define TAG(name) kAudioChannelLayoutTag_##name

static const tag_row rows[] = {
    { TAG(Mono), { M } },
    { TAG(Stereo), { L, R } },
    { TAG(StereoHeadphones), { HpL, HpR } },
    { TAG(MatrixStereo), { Lt, Rt } },
    { TAG(MidSide), { Mid, Side } },
    { TAG(XY), { XyX, XyY } },
    { TAG(Binaural), { BiL, BiR } },
    { TAG(Ambisonic_B_Format), { W, X, Y, Z } },
    { TAG(Quadraphonic), { L, R, Ls, Rs } },

    { TAG(MPEG_3_0_A), { L, R, C } },
    { TAG(MPEG_3_0_B), { C, L, R } },
    { TAG(MPEG_4_0_A), { L, R, C, Cs } },
    { TAG(MPEG_4_0_B), { C, L, R, Cs } },
    { TAG(MPEG_5_0_A), { L, R, C, Ls, Rs } },
    { TAG(MPEG_5_0_B), { L, R, Ls, Rs, C } },
    { TAG(MPEG_5_0_C), { L, C, R, Ls, Rs } },
    { TAG(MPEG_5_0_D), { C, L, R, Ls, Rs } },
    { TAG(MPEG_5_1_A), { L, R, C, LFE, Ls, Rs } },
    { TAG(MPEG_5_1_B), { L, R, Ls, Rs, C, LFE } },
    { TAG(MPEG_5_1_C), { L, C, R, Ls, Rs, LFE } },
    { TAG(MPEG_5_1_D), { C, L, R, Ls, Rs, LFE } },
    { TAG(MPEG_6_1_A), { L, R, C, LFE, Ls, Rs, Cs } },
    { TAG(MPEG_7_1_A), { L, R, C, LFE, Ls, Rs, Lc, Rc } },
    { TAG(MPEG_7_1_B), { C, Lc, Rc, L, R, Ls, Rs, LFE } },
    { TAG(MPEG_7_1_C), { L, R, C, LFE, Ls, Rs, Rls, Rrs } },
    { TAG(Emagic_Default_7_1), { L, R, Ls, Rs, C, LFE, Lc, Rc } },
    { TAG(SMPTE_DTV), { L, R, C, LFE, Ls, Rs, Lt, Rt } },

    { TAG(ITU_2_1), { L, R, Cs } },
    { TAG(ITU_2_2), { L, R, Ls, Rs } },

    { TAG(DVD_4), { L, R, LFE } },
    { TAG(DVD_5), { L, R, LFE, Cs } },
    { TAG(DVD_6), { L, R, LFE, Ls, Rs } },
    { TAG(DVD_10), { L, R, C, LFE } },
    { TAG(DVD_11), { L, R, C, LFE, Cs } },
    { TAG(DVD_18), { L, R, Ls, Rs, LFE } },

    { TAG(AudioUnit_6_0), { L, R, Ls, Rs, C, Cs } },
    { TAG(AudioUnit_7_0), { L, R, Ls, Rs, C, Rls, Rrs } },
    { TAG(AudioUnit_7_0_Front), { L, R, Ls, Rs, C, Lc, Rc } },

    { TAG(AAC_6_0), { C, L, R, Ls, Rs, Cs } },
    { TAG(AAC_6_1), { C, L, R, Ls, Rs, Cs, LFE } },
    { TAG(AAC_7_0), { C, L, R, Ls, Rs, Rls, Rrs } },
    { TAG(AAC_7_1_B), { C, L, R, Ls, Rs, Rls, Rrs, LFE } },
    { TAG(AAC_7_1_C), { C, L, R, Ls, Rs, LFE, Vhl, Vhr } },
    { TAG(AAC_Octagonal), { C, L, R, Ls, Rs, Rls, Rrs, Cs } },

    { TAG(TMH_10_2_std), { L, R, C, Vhc, Lsd, Rsd, Ls, Rs, Vhl, Vhr, Lw, Rw, Csd, Cs, LFE, LFE2 } },
    { TAG(TMH_10_2_full),
      { L, R, C, Vhc, Lsd, Rsd, Ls, Rs, Vhl, Vhr, Lw, Rw, Csd, Cs, LFE, LFE2, Lc, Rc, HI, VI, Hap } },

    { TAG(AC3_1_0_1), { C, LFE } },
    { TAG(AC3_3_0), { L, C, R } },
    { TAG(AC3_3_1), { L, C, R, Cs } },
    { TAG(AC3_3_0_1), { L, C, R, LFE } },
    { TAG(AC3_2_1_1), { L, R, Cs, LFE } },
    { TAG(AC3_3_1_1), { L, C, R, Cs, LFE } },

    { TAG(EAC_6_0_A), { L, C, R, Ls, Rs, Cs } },
    { TAG(EAC_7_0_A), { L, C, R, Ls, Rs, Rls, Rrs } },
    { TAG(EAC3_6_1_A), { L, C, R, Ls, Rs, LFE, Cs } },
    { TAG(EAC3_6_1_B), { L, C, R, Ls, Rs, LFE, Ts } },
    { TAG(EAC3_6_1_C), { L, C, R, Ls, Rs, LFE, Vhc } },
    { TAG(EAC3_7_1_A), { L, C, R, Ls, Rs, LFE, Rls, Rrs } },
    { TAG(EAC3_7_1_B), { L, C, R, Ls, Rs, LFE, Lc, Rc } },
    { TAG(EAC3_7_1_C), { L, C, R, Ls, Rs, LFE, Lsd, Rsd } },
    { TAG(EAC3_7_1_D), { L, C, R, Ls, Rs, LFE, Lw, Rw } },
    { TAG(EAC3_7_1_E), { L, C, R, Ls, Rs, LFE, Vhl, Vhr } },
    { TAG(EAC3_7_1_F), { L, C, R, Ls, Rs, LFE, Cs, Ts } },
    { TAG(EAC3_7_1_G), { L, C, R, Ls, Rs, LFE, Cs, Vhc } },
    { TAG(EAC3_7_1_H), { L, C, R, Ls, Rs, LFE, Ts, Vhc } },

    { TAG(DTS_3_1), { C, L, R, LFE } },
    { TAG(DTS_4_1), { C, L, R, Cs, LFE } },
    { TAG(DTS_6_0_A), { Lc, Rc, L, R, Ls, Rs } },
    { TAG(DTS_6_0_B), { C, L, R, Rls, Rrs, Ts } },
    { TAG(DTS_6_0_C), { C, Cs, L, R, Rls, Rrs } },
    { TAG(DTS_6_1_A), { Lc, Rc, L, R, Ls, Rs, LFE } },
    { TAG(DTS_6_1_B), { C, L, R, Rls, Rrs, Ts, LFE } },
    { TAG(DTS_6_1_C), { C, Cs, L, R, Rls, Rrs, LFE } },
    { TAG(DTS_6_1_D), { C, L, R, Ls, Rs, LFE, Cs } },
    { TAG(DTS_7_0), { Lc, C, Rc, L, R, Ls, Rs } },
    { TAG(DTS_7_1), { Lc, C, Rc, L, R, Ls, Rs, LFE } },
    { TAG(DTS_8_0_A), { Lc, Rc, L, R, Ls, Rs, Rls, Rrs } },
    { TAG(DTS_8_0_B), { Lc, C, Rc, L, R, Ls, Cs, Rs } },
    { TAG(DTS_8_1_A), { Lc, Rc, L, R, Ls, Rs, Rls, Rrs, LFE } },
    { TAG(DTS_8_1_B), { Lc, C, Rc, L, R, Ls, Cs, Rs, LFE } },

    { TAG(WAVE_4_0_B), { L, R, Rls, Rrs } },
    { TAG(WAVE_5_0_B), { L, R, C, Rls, Rrs } },
    { TAG(WAVE_5_1_B), { L, R, C, LFE, Rls, Rrs } },
    { TAG(WAVE_6_1), { L, R, C, LFE, Cs, Ls, Rs } },
    { TAG(WAVE_7_1), { L, R, C, LFE, Rls, Rrs, Ls, Rs } },

    { TAG(Atmos_5_1_2), { L, R, C, LFE, Ls, Rs, Ltm, Rtm } },
    { TAG(Atmos_5_1_4), { L, R, C, LFE, Ls, Rs, Vhl, Vhr, Ltr, Rtr } },
    { TAG(Atmos_7_1_2), { L, R, C, LFE, Ls, Rs, Rls, Rrs, Ltm, Rtm } },
    { TAG(Atmos_7_1_4), { L, R, C, LFE, Ls, Rs, Rls, Rrs, Vhl, Vhr, Ltr, Rtr } },
    { TAG(Atmos_9_1_6), { L, R, C, LFE, Ls, Rs, Rls, Rrs, Lw, Rw, Vhl, Vhr, Ltm, Rtm, Ltr, Rtr } },

    { TAG(Logic_4_0_C), { L, R, Cs, C } },
    { TAG(Logic_6_0_B), { L, R, Ls, Rs, Cs, C } },
    { TAG(Logic_6_1_B), { L, R, Ls, Rs, Cs, C, LFE } },
    { TAG(Logic_6_1_D), { L, C, R, Ls, Cs, Rs, LFE } },
    { TAG(Logic_7_1_B), { L, R, Ls, Rs, Rls, Rrs, C, LFE } },
    { TAG(Logic_Atmos_7_1_4_B), { L, R, Rls, Rrs, Ls, Rs, C, LFE, Vhl, Vhr, Ltr, Rtr } },
    { TAG(Logic_Atmos_7_1_6), { L, R, C, LFE, Ls, Rs, Rls, Rrs, Vhl, Vhr, Ltm, Rtm, Ltr, Rtr } },

    { TAG(CICP_13), { Lc,  Rc,  C,   LFE2, Rls, Rrs, L,   R,   Cs,  LFE3, Lss, Rss,
                      Vhl, Vhr, Vhc, Ts,   Ltr, Rtr, Ltm, Rtm, Ctr, Cb,   Lb,  Rb } },
    { TAG(CICP_14), { L, R, C, LFE, Ls, Rs, Vhl, Vhr } },
    { TAG(CICP_15), { L, R, C, LFE2, Rls, Rrs, LFE3, Lss, Rss, Vhl, Vhr, Ctr } },
    { TAG(CICP_16), { L, R, C, LFE, Ls, Rs, Vhl, Vhr, Lts, Rts } },
    { TAG(CICP_17), { L, R, C, LFE, Ls, Rs, Vhl, Vhr, Vhc, Lts, Rts, Ts } },
    { TAG(CICP_18), { L, R, C, LFE, Ls, Rs, Lbs, Rbs, Vhl, Vhr, Vhc, Lts, Rts, Ts } },
    { TAG(CICP_19), { L, R, C, LFE, Rls, Rrs, Lss, Rss, Vhl, Vhr, Ltr, Rtr } },
    { TAG(CICP_20), { L, R, C, LFE, Rls, Rrs, Lss, Rss, Vhl, Vhr, Ltr, Rtr, Leos, Reos } },

    { TAG(Ogg_5_0), { L, C, R, Rls, Rrs } },
    { TAG(Ogg_5_1), { L, C, R, Rls, Rrs, LFE } },
    { TAG(Ogg_6_1), { L, C, R, Ls, Rs, Cs, LFE } },
    { TAG(Ogg_7_1), { L, C, R, Ls, Rs, Rls, Rrs, LFE } },

    { TAG(Pentagonal), { L, R, Ls, Rs, C } },
    { TAG(Hexagonal), { L, R, Ls, Rs, C, Cs } },
    { TAG(Octagonal), { L, R, Ls, Rs, C, Cs, Lw, Rw } },
    { TAG(Cube), { L, R, Rls, Rrs, Vhl, Vhr, Tbl, Tbr } },
};

#define ROWS (sizeof rows / sizeof *rows)

const cm_short_label *cm_layout_tag_labels(AudioChannelLayoutTag tag)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].tag == tag)
            return rows[i].labels;
    return NULL;
}

AudioChannelLayoutTag cm_layout_tag_at(size_t index)
{
    return index < ROWS ? rows[index].tag : 0;
}
