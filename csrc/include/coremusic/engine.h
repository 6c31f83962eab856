/*
 * coremusic/engine.h: what this engine has beyond Apple's API. Nothing here exists on macOS.
 */
#ifndef coremusic_engine_h
#define coremusic_engine_h

#include <CoreAudioTypes/CoreAudioTypes.h>

/* File and format identifiers that Apple's headers do not name. */
enum {
    kCMAudioFileOggType = 'Oggf', /* Ogg with Vorbis, Opus or FLAC in it */

    kCMAudioFormatVorbis = 'vorb'
};

CF_EXTERN_C_BEGIN

/* [any] "major.minor.patch". */
extern const char *CMEngineGetVersion(void);

/*
 * [any] One line about the calling thread's last failure with this status: which file, which missing library; NULL
 * when there is nothing to add to the number. Valid until the thread's next failure.
 */
extern const char *CMEngineGetErrorDetail(OSStatus status);

CF_EXTERN_C_END

#endif
