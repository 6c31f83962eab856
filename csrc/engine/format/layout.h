/*
 * layout.h: AudioChannelLayouts: what each channel is, whichever of the three ways a layout says it (tag,
 * bitmap, list of descriptions), and the layouts of WAVE files.
 *
 * A layout from outside is passed to cm_layout_check first; every other function takes it as checked. Memory
 * of a new layout comes from malloc and is the caller's to free. All functions are [any].
 */
#ifndef CM_FORMAT_LAYOUT_H
#define CM_FORMAT_LAYOUT_H

#include "../base/status.h"

#include <stdbool.h>
#include <stddef.h>

#define CM_LAYOUT_HEADER offsetof(AudioChannelLayout, mChannelDescriptions)

/* Bytes of a layout with that many descriptions. */
static inline size_t cm_layout_size(UInt32 descriptions)
{
    return CM_LAYOUT_HEADER + (size_t)descriptions * sizeof(AudioChannelDescription);
}

/*
 * noErr when `size` bytes at layout are a layout: its descriptions lie within them, it has 1 ..
 * CM_MAX_CHANNELS channels, and its tag is one that Apple's headers define (or says "unknown"). Otherwise
 * kAudio_ParamError.
 */
CM_API OSStatus cm_layout_check(const AudioChannelLayout *layout, size_t size);

CM_API UInt32 cm_layout_channels(const AudioChannelLayout *layout);

/*
 * Writes the labels of the first `capacity` channels in order and returns how many channels there are. A tag
 * without a fixed meaning gives kAudioChannelLabel_Unknown for each.
 */
CM_API UInt32 cm_layout_labels(const AudioChannelLayout *layout, AudioChannelLabel *labels, UInt32 capacity);

/* The tag that has just these labels, or kAudioChannelLayoutTag_UseChannelDescriptions. */
CM_API AudioChannelLayoutTag cm_layout_tag_for_labels(const AudioChannelLabel *labels, UInt32 count);

/* The tag that means the same as the layout, or kAudioChannelLayoutTag_UseChannelDescriptions. */
CM_API AudioChannelLayoutTag cm_layout_tag(const AudioChannelLayout *layout);

/* The usual layout for a number of channels that nothing else is known of: mono, stereo, discrete beyond. */
CM_API AudioChannelLayoutTag cm_layout_default_tag(UInt32 channels);

/* The tags with a fixed meaning for a number of channels; at most capacity in tags. Returns how many exist.
 */
UInt32 cm_layout_tags_for_channels(UInt32 channels, AudioChannelLayoutTag *tags, UInt32 capacity);

/* The channels of a bitmap are in the order of its bits. 0 when the labels are not, or have no bit. */
AudioChannelBitmap cm_layout_bitmap(const AudioChannelLayout *layout);

/* True when both name the same channels in the same order, and coordinates where those are what names them.
 */
CM_API bool cm_layout_equal(const AudioChannelLayout *a, const AudioChannelLayout *b);

/* Equal layouts have equal hashes. */
UInt32 cm_layout_hash(const AudioChannelLayout *layout);

/* A new layout of that tag alone. NULL without memory. */
CM_API AudioChannelLayout *cm_layout_new_tag(AudioChannelLayoutTag tag, UInt32 *size);

/* The same layout as descriptions, coordinates kept. */
CM_API AudioChannelLayout *cm_layout_new_expanded(const AudioChannelLayout *layout, UInt32 *size);

CM_API AudioChannelLayout *cm_layout_new_copy(const AudioChannelLayout *layout, UInt32 *size);

/*
 * dwChannelMask of WAVEFORMATEXTENSIBLE. Its bits are those of AudioChannelBitmap, so that a mask for just
 * `channels` channels becomes a bitmap layout and comes back unchanged. Surplus bits are ignored from the
 * top, channels without a bit are kAudioChannelLabel_Unknown, as Microsoft defines it. NULL: mask 0, or no
 * memory.
 */
CM_API AudioChannelLayout *cm_layout_new_wave(UInt32 mask, UInt32 channels, UInt32 *size);

/*
 * The mask for a layout whose channels are in the order that WAVE wants; 0 otherwise. Surround channels are
 * "back" unless the layout has rear ones besides, and then "side".
 */
CM_API UInt32 cm_layout_wave_mask(const AudioChannelLayout *layout);

/* A new CFString, the caller's: "Left Surround" and "Ls". NULL for labels without a name. */
CFStringRef cm_layout_copy_channel_name(AudioChannelLabel label, bool is_short);

/* A new CFString: "5.1 (L R C LFE Ls Rs)", or simply "5.1". */
CFStringRef cm_layout_copy_name(const AudioChannelLayout *layout, bool is_simple);

/* The short name of a label in UTF-8, "" when it has none. Constant. */
CM_API const char *cm_layout_label_short_name(AudioChannelLabel label);

/* layout_tags.c: the labels of a tag, `(tag & 0xFFFF)` of them, or NULL when they follow from a rule or are
 * unknown. */
typedef UInt16 cm_short_label;
const cm_short_label *cm_layout_tag_labels(AudioChannelLayoutTag tag);

/* The tags of layout_tags.c in order of preference; 0 past the end. */
AudioChannelLayoutTag cm_layout_tag_at(size_t index);

#endif
