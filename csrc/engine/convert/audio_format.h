/* audio_format.h: how AudioFormat's properties are answered. All functions are [any]. */
#ifndef CM_CONVERT_AUDIO_FORMAT_H
#define CM_CONVERT_AUDIO_FORMAT_H

#include "../base/status.h"

#include <AudioToolbox/AudioFormat.h>

/* What was asked. The specifier's size has been found to be at least the table's. */
typedef struct cm_question {
    const void *specifier;
    size_t size;
    const void
        *given; /* what the property's memory held before; of given_size bytes, NULL for GetPropertyInfo */
    size_t given_size;
} cm_question;

/* Bytes from malloc; the dispatcher frees them. */
typedef struct cm_answer {
    void *bytes;
    size_t size;
} cm_answer;

OSStatus cm_answer_put(cm_answer *answer, const void *bytes, size_t size);

static inline OSStatus cm_answer_u32(cm_answer *answer, UInt32 value)
{
    return cm_answer_put(answer, &value, sizeof value);
}

/* An object that the caller will own; NULL is kAudioFormatUnspecifiedError. */
OSStatus cm_answer_object(cm_answer *answer, const void *object);

typedef struct cm_format_property {
    AudioFormatPropertyID id;
    size_t specifier; /* bytes that it has at least */
    size_t size;      /* bytes of the value; 0: they vary */
    OSStatus (*answer)(const cm_question *question, cm_answer *answer);
} cm_format_property;

/* Tables that end with an id of 0. */
extern const cm_format_property
    cm_format_stream_properties[]; /* audio_format_streams.c: formats and streams */
extern const cm_format_property cm_format_codec_properties[]; /* audio_format_codecs.c: what codecs can do */
extern const cm_format_property
    cm_format_layout_properties[]; /* audio_format_layouts.c: channels and gains */

#endif
