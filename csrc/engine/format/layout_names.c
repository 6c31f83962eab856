/* What people call channels and layouts. */
#include "layout.h"

#include "pcm.h"

#include <CoreFoundation/CFString.h>
#include <stdio.h>
#include <string.h>

typedef enum { MAIN, LOW, HIGH } place; /* the three numbers of "7.1.4" */

typedef struct channel_name {
    AudioChannelLabel label;
    const char *short_name;
    const char *name;
    place place;
} channel_name;

static const channel_name names[] = {
    { kAudioChannelLabel_Left, "L", "Left", MAIN },
    { kAudioChannelLabel_Right, "R", "Right", MAIN },
    { kAudioChannelLabel_Center, "C", "Center", MAIN },
    { kAudioChannelLabel_LFEScreen, "LFE", "LFE Screen", LOW },
    { kAudioChannelLabel_LeftSurround, "Ls", "Left Surround", MAIN },
    { kAudioChannelLabel_RightSurround, "Rs", "Right Surround", MAIN },
    { kAudioChannelLabel_LeftCenter, "Lc", "Left Center", MAIN },
    { kAudioChannelLabel_RightCenter, "Rc", "Right Center", MAIN },
    { kAudioChannelLabel_CenterSurround, "Cs", "Center Surround", MAIN },
    { kAudioChannelLabel_LeftSurroundDirect, "Lsd", "Left Surround Direct", MAIN },
    { kAudioChannelLabel_RightSurroundDirect, "Rsd", "Right Surround Direct", MAIN },
    { kAudioChannelLabel_CenterSurroundDirect, "Csd", "Center Surround Direct", MAIN },
    { kAudioChannelLabel_TopCenterSurround, "Ts", "Top Center Surround", HIGH },
    { kAudioChannelLabel_VerticalHeightLeft, "Vhl", "Vertical Height Left", HIGH },
    { kAudioChannelLabel_VerticalHeightCenter, "Vhc", "Vertical Height Center", HIGH },
    { kAudioChannelLabel_VerticalHeightRight, "Vhr", "Vertical Height Right", HIGH },
    { kAudioChannelLabel_TopBackLeft, "Tbl", "Top Back Left", HIGH },
    { kAudioChannelLabel_TopBackCenter, "Tbc", "Top Back Center", HIGH },
    { kAudioChannelLabel_TopBackRight, "Tbr", "Top Back Right", HIGH },
    { kAudioChannelLabel_RearSurroundLeft, "Rls", "Rear Surround Left", MAIN },
    { kAudioChannelLabel_RearSurroundRight, "Rrs", "Rear Surround Right", MAIN },
    { kAudioChannelLabel_LeftWide, "Lw", "Left Wide", MAIN },
    { kAudioChannelLabel_RightWide, "Rw", "Right Wide", MAIN },
    { kAudioChannelLabel_LFE2, "LFE2", "LFE 2", LOW },
    { kAudioChannelLabel_LFE3, "LFE3", "LFE 3", LOW },
    { kAudioChannelLabel_LeftTotal, "Lt", "Left Total", MAIN },
    { kAudioChannelLabel_RightTotal, "Rt", "Right Total", MAIN },
    { kAudioChannelLabel_HearingImpaired, "HI", "Hearing Impaired", MAIN },
    { kAudioChannelLabel_Narration, "N", "Narration", MAIN },
    { kAudioChannelLabel_Mono, "M", "Mono", MAIN },
    { kAudioChannelLabel_DialogCentricMix, "DCM", "Dialog Centric Mix", MAIN },
    { kAudioChannelLabel_Haptic, "Hap", "Haptic", MAIN },
    { kAudioChannelLabel_LeftTopMiddle, "Ltm", "Left Top Middle", HIGH },
    { kAudioChannelLabel_RightTopMiddle, "Rtm", "Right Top Middle", HIGH },
    { kAudioChannelLabel_LeftTopRear, "Ltr", "Left Top Rear", HIGH },
    { kAudioChannelLabel_CenterTopRear, "Ctr", "Center Top Rear", HIGH },
    { kAudioChannelLabel_RightTopRear, "Rtr", "Right Top Rear", HIGH },
    { kAudioChannelLabel_LeftSideSurround, "Lss", "Left Side Surround", MAIN },
    { kAudioChannelLabel_RightSideSurround, "Rss", "Right Side Surround", MAIN },
    { kAudioChannelLabel_LeftBottom, "Lb", "Left Bottom", MAIN },
    { kAudioChannelLabel_RightBottom, "Rb", "Right Bottom", MAIN },
    { kAudioChannelLabel_CenterBottom, "Cb", "Center Bottom", MAIN },
    { kAudioChannelLabel_LeftTopSurround, "Lts", "Left Top Surround", HIGH },
    { kAudioChannelLabel_RightTopSurround, "Rts", "Right Top Surround", HIGH },
    { kAudioChannelLabel_LeftBackSurround, "Lbs", "Left Back Surround", MAIN },
    { kAudioChannelLabel_RightBackSurround, "Rbs", "Right Back Surround", MAIN },
    { kAudioChannelLabel_LeftEdgeOfScreen, "Leos", "Left Edge of Screen", MAIN },
    { kAudioChannelLabel_RightEdgeOfScreen, "Reos", "Right Edge of Screen", MAIN },
    { kAudioChannelLabel_Ambisonic_W, "W", "Ambisonic W", MAIN },
    { kAudioChannelLabel_Ambisonic_X, "X", "Ambisonic X", MAIN },
    { kAudioChannelLabel_Ambisonic_Y, "Y", "Ambisonic Y", MAIN },
    { kAudioChannelLabel_Ambisonic_Z, "Z", "Ambisonic Z", MAIN },
    { kAudioChannelLabel_MS_Mid, "Mid", "Mid", MAIN },
    { kAudioChannelLabel_MS_Side, "Side", "Side", MAIN },
    { kAudioChannelLabel_XY_X, "X", "X", MAIN },
    { kAudioChannelLabel_XY_Y, "Y", "Y", MAIN },
    { kAudioChannelLabel_BinauralLeft, "BL", "Binaural Left", MAIN },
    { kAudioChannelLabel_BinauralRight, "BR", "Binaural Right", MAIN },
    { kAudioChannelLabel_HeadphonesLeft, "HpL", "Headphones Left", MAIN },
    { kAudioChannelLabel_HeadphonesRight, "HpR", "Headphones Right", MAIN },
    { kAudioChannelLabel_ClickTrack, "Click", "Click Track", MAIN },
    { kAudioChannelLabel_ForeignLanguage, "FL", "Foreign Language", MAIN },
    { kAudioChannelLabel_Discrete, "Dis", "Discrete", MAIN },
    { kAudioChannelLabel_HOA_ACN, "ACN", "HOA ACN", MAIN },
    { kAudioChannelLabel_UseCoordinates, "Crd", "Coordinates", MAIN },
    { kAudioChannelLabel_Unused, "-", "Unused", MAIN },
};

/* Labels that count: from `first` on, `range` of them. */
typedef struct numbered_name {
    AudioChannelLabel first;
    UInt32 range;
    const char *short_name;
    const char *name;
} numbered_name;

static const numbered_name numbered[] = {
    { kAudioChannelLabel_Discrete_0, 0x10000, "D%u", "Discrete %u" },
    { kAudioChannelLabel_HOA_SN3D, 0x10000, "ACN%u", "HOA ACN %u, SN3D" },
    { kAudioChannelLabel_HOA_N3D, 0x10000, "ACN%u", "HOA ACN %u, N3D" },
    { kAudioChannelLabel_Object, 0x10000, "O%u", "Object %u" },
};

typedef struct layout_name {
    AudioChannelLayoutTag tag;
    const char *name;
} layout_name;

static const layout_name layout_names[] = {
    { kAudioChannelLayoutTag_Mono, "Mono" },
    { kAudioChannelLayoutTag_Stereo, "Stereo" },
    { kAudioChannelLayoutTag_StereoHeadphones, "Stereo Headphones" },
    { kAudioChannelLayoutTag_MatrixStereo, "Matrix Stereo" },
    { kAudioChannelLayoutTag_MidSide, "Mid/Side" },
    { kAudioChannelLayoutTag_XY, "X/Y" },
    { kAudioChannelLayoutTag_Binaural, "Binaural" },
    { kAudioChannelLayoutTag_Ambisonic_B_Format, "Ambisonic B-Format" },
    { kAudioChannelLayoutTag_Quadraphonic, "Quadraphonic" },
    { kAudioChannelLayoutTag_Pentagonal, "Pentagonal" },
    { kAudioChannelLayoutTag_Hexagonal, "Hexagonal" },
    { kAudioChannelLayoutTag_Octagonal, "Octagonal" },
    { kAudioChannelLayoutTag_AAC_Octagonal, "Octagonal" },
    { kAudioChannelLayoutTag_Cube, "Cube" },
    { kAudioChannelLayoutTag_SMPTE_DTV, "SMPTE DTV" },
    { kAudioChannelLayoutTag_TMH_10_2_std, "TMH 10.2" },
    { kAudioChannelLayoutTag_TMH_10_2_full, "TMH 10.2 Full" },
    { kAudioChannelLayoutTag_CICP_13, "22.2" },
};

static const channel_name *name_of(AudioChannelLabel label)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].label == label)
            return &names[i];
    return NULL;
}

const char *cm_layout_label_short_name(AudioChannelLabel label)
{
    const channel_name *found = name_of(label);
    return found ? found->short_name : "";
}

/* False when the label has no name. */
static bool print_channel(AudioChannelLabel label, bool is_short, char *text, size_t size)
{
    const channel_name *found = name_of(label);
    if (found) {
        snprintf(text, size, "%s", is_short ? found->short_name : found->name);
        return true;
    }
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++) {
        const numbered_name *n = &numbered[i];
        if (label - n->first >= n->range)
            continue;
            /* The formats are the table's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, size, is_short ? n->short_name : n->name, label - n->first);
#pragma GCC diagnostic pop
        return true;
    }
    return false;
}

static CFStringRef copy_text(const char *text)
{
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

CFStringRef cm_layout_copy_channel_name(AudioChannelLabel label, bool is_short)
{
    char text[64];
    return print_channel(label, is_short, text, sizeof text) ? copy_text(text) : NULL;
}

static void print_count(const AudioChannelLabel *labels, UInt32 count, char *text, size_t size)
{
    UInt32 at[3] = { 0 };
    for (UInt32 i = 0; i < count; i++) {
        const channel_name *found = name_of(labels[i]);
        at[found ? found->place : MAIN]++;
    }
    if (at[HIGH])
        snprintf(text, size, "%u.%u.%u", at[MAIN], at[LOW], at[HIGH]);
    else
        snprintf(text, size, "%u.%u", at[MAIN], at[LOW]);
}

static UInt32 order_of_ambisonics(UInt32 channels)
{
    UInt32 order = 0;
    while ((order + 1) * (order + 1) < channels)
        order++;
    return order;
}

static void print_simple(AudioChannelLayoutTag tag, const AudioChannelLabel *labels, UInt32 count, char *text,
                         size_t size)
{
    for (size_t i = 0; i < sizeof layout_names / sizeof *layout_names; i++)
        if (layout_names[i].tag == tag) {
            snprintf(text, size, "%s", layout_names[i].name);
            return;
        }
    AudioChannelLayoutTag rule = tag & 0xFFFF0000u;
    if (rule == kAudioChannelLayoutTag_DiscreteInOrder)
        snprintf(text, size, "Discrete, %u channels", count);
    else if (rule == kAudioChannelLayoutTag_HOA_ACN_SN3D || rule == kAudioChannelLayoutTag_HOA_ACN_N3D)
        snprintf(text, size, "Ambisonic order %u, %s", order_of_ambisonics(count),
                 rule == kAudioChannelLayoutTag_HOA_ACN_SN3D ? "SN3D" : "N3D");
    else if (tag >= kAudioChannelLayoutTag_BeginReserved)
        snprintf(text, size, "%u channels", count);
    else
        print_count(labels, count, text, size);
}

/* " (L R C LFE Ls Rs)" after what is in text, for layouts whose name leaves a question. */
static void append_channels(const AudioChannelLabel *labels, UInt32 count, char *text, size_t size)
{
    size_t used = strlen(text);
    for (UInt32 i = 0; i < count && used + 16 < size; i++) {
        char name[16];
        if (!print_channel(labels[i], true, name, sizeof name))
            snprintf(name, sizeof name, "?");
        used += (size_t)snprintf(text + used, size - used, "%s%s", i == 0 ? " (" : " ", name);
    }
    snprintf(text + used, size - used, ")");
}

CFStringRef cm_layout_copy_name(const AudioChannelLayout *layout, bool is_simple)
{
    char text[512];
    AudioChannelLabel labels[CM_MAX_CHANNELS];
    UInt32 count = cm_layout_labels(layout, labels, CM_MAX_CHANNELS);
    AudioChannelLayoutTag tag = cm_layout_tag(layout);
    print_simple(tag, labels, count, text, sizeof text);
    bool by_rule = count == 1 || tag >= kAudioChannelLayoutTag_BeginReserved ||
                   (tag && !cm_layout_tag_labels(tag));
    if (!is_simple && !by_rule)
        append_channels(labels, count, text, sizeof text);
    return copy_text(text);
}
