/*
 * coremusic/engine.h: what this engine has beyond Apple's API. Nothing here exists on macOS.
 */
#ifndef coremusic_engine_h
#define coremusic_engine_h

#include <AudioToolbox/AudioFile.h>
#include <CoreAudioTypes/CoreAudioTypes.h>

/* File and format identifiers that Apple's headers do not name. */
enum {
    kCMAudioFileOggType = 'Oggf', /* Ogg with Vorbis, Opus or FLAC in it */

    kCMAudioFormatVorbis = 'vorb',
    kCMAudioFormatMicrosoftADPCM = 0x6D730002 /* 'ms' and WAVE_FORMAT_ADPCM */
};

/*
 * Properties of an AudioConverter. The matrix is an array of Float32, one row of output gains for each input
 * channel; it takes the place of kAudioConverterChannelMap. A UInt32 of 1 for PerformDownmix mixes where the
 * numbers of channels differ, instead of dropping channels; layouts that were not set are then taken to be
 * the usual ones for that many (6: L R C LFE Ls Rs), or those of the coded format.
 */
enum { kCMAudioConverterChannelMixMap = 'mmap', kCMAudioConverterPerformDownmix = 'dmix' };

CF_EXTERN_C_BEGIN

/* [any] "major.minor.patch". */
extern const char *CMEngineGetVersion(void);

/*
 * [any] One line about the calling thread's last failure with this status: which file, which missing library;
 * NULL when there is nothing to add to the number. Valid until the thread's next failure.
 */
extern const char *CMEngineGetErrorDetail(OSStatus status);

/* [any] Forgets the calling thread's last failure, so that it does not explain a later one with the same
 * status. */
extern void CMEngineForgetErrorDetail(void);

/*
 * [control] Gives up what was written to a file: closing it leaves the place that it was made for as it was
 * and returns userCanceledErr (-128). For files that are open for reading: kAudioFilePermissionsError.
 */
extern OSStatus CMAudioFileDiscard(AudioFileID file);

CF_EXTERN_C_END

#endif
