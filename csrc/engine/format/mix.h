/*
 * mix.h: gains from the channels of one layout to the channels of another, and for placing and balancing.
 * All functions are [any], and allocate nothing.
 */
#ifndef CM_FORMAT_MIX_H
#define CM_FORMAT_MIX_H

#include "../base/status.h"

#include <AudioToolbox/AudioFormat.h>
#include <stdbool.h>

/*
 * matrix[i * to_count + o] is the gain from channel i to channel o. Channels that both layouts have go across
 * at unity. A channel that the target lacks is shared out among its neighbours with the coefficients of ITU-R
 * BS.775-3, table 2: centre and surround at -3 dB, low-frequency effects dropped. Mono to stereo is unity on
 * both sides; mono is the half sum of what the stereo mix would be. Discrete and unknown channels go by
 * number. kAudioFormatUnsupportedDataFormatError when no channel of the source reaches the target.
 */
CM_API OSStatus cm_mix_matrix(const AudioChannelLabel *from, UInt32 from_count, const AudioChannelLabel *to,
                              UInt32 to_count, Float32 *matrix);

/* map[o] is the channel of the source that has the label of target channel o, or -1. */
CM_API void cm_mix_channel_map(const AudioChannelLabel *from, UInt32 from_count, const AudioChannelLabel *to,
                               UInt32 to_count, SInt32 *map);

/* One gain per channel. kAudio_ParamError: a balance or fade outside -1 .. 1, an unknown type. */
OSStatus cm_mix_balance_fade(const AudioBalanceFade *setting, const AudioChannelLabel *labels, UInt32 count,
                             Float32 *gains);

/*
 * One gain per channel for a mono source at info's coordinates: vector base amplitude panning (V. Pulkki,
 * "Virtual Sound Source Positioning Using Vector Base Amplitude Panning", JAES 45(6), 1997) or a first-order
 * sound field decoded in phase; Ambisonic layouts get the encoding gains. The sum of the gains' squares is
 * mGainScale squared for loudspeakers. kAudio_ParamError: unknown mode, or coordinates that are no direction.
 * kAudioFormatUnsupportedDataFormatError: no channel of the layout has a place.
 */
OSStatus cm_mix_panning(const AudioPanningInfo *info, const AudioChannelLayout *layout,
                        const AudioChannelLabel *labels, UInt32 count, Float32 *gains);

/* The direction of a channel's loudspeaker in degrees: azimuth -180 .. 180, to the right positive; elevation
 * -90 .. 90. False for labels without a place. */
bool cm_mix_direction(AudioChannelLabel label, Float32 *azimuth, Float32 *elevation);

#endif
