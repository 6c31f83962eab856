/* AudioFormatGetPropertyInfo and AudioFormatGetProperty: the way from a property to its table row. */
#include "audio_format.h"

#include <stdlib.h>
#include <string.h>

OSStatus cm_answer_put(cm_answer *answer, const void *bytes, size_t size)
{
    answer->bytes = malloc(size ? size : 1);
    if (!answer->bytes)
        return kAudio_MemFullError;
    if (size > 0)
        memcpy(answer->bytes, bytes, size);
    answer->size = size;
    return noErr;
}

OSStatus cm_answer_object(cm_answer *answer, const void *object)
{
    return object ? cm_answer_put(answer, &object, sizeof object) : kAudioFormatUnspecifiedError;
}

static const cm_format_property *find(AudioFormatPropertyID id)
{
    static const cm_format_property *const tables[] = { cm_format_stream_properties,
                                                        cm_format_codec_properties,
                                                        cm_format_layout_properties };
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const cm_format_property *p = tables[t]; p->id; p++)
            if (p->id == id)
                return p;
    return NULL;
}

static OSStatus check_specifier(const cm_format_property *p, UInt32 size, const void *specifier)
{
    if (p->specifier == 0)
        return noErr;
    if (!specifier)
        return cm_fail(kAudioFormatBadSpecifierSizeError, "the property needs a specifier");
    if (size < p->specifier)
        return cm_fail(kAudioFormatBadSpecifierSizeError, "a specifier of %u bytes is smaller than %zu", size,
                       p->specifier);
    return noErr;
}

OSStatus AudioFormatGetPropertyInfo(AudioFormatPropertyID inPropertyID, UInt32 inSpecifierSize,
                                    const void *inSpecifier, UInt32 *outPropertyDataSize)
{
    const cm_format_property *p = find(inPropertyID);
    if (!outPropertyDataSize)
        return kAudio_ParamError;
    *outPropertyDataSize = 0;
    if (!p)
        return kAudioFormatUnsupportedPropertyError;
    OSStatus status = check_specifier(p, inSpecifierSize, inSpecifier);
    if (status != noErr)
        return status;
    *outPropertyDataSize = (UInt32)p->size;
    if (p->size > 0)
        return noErr;
    cm_question question = { inSpecifier, inSpecifier ? inSpecifierSize : 0, NULL, 0 };
    cm_answer answer = { NULL, 0 };
    status = p->answer(&question, &answer);
    *outPropertyDataSize = (UInt32)answer.size;
    free(answer.bytes);
    return status;
}

OSStatus AudioFormatGetProperty(AudioFormatPropertyID inPropertyID, UInt32 inSpecifierSize,
                                const void *inSpecifier, UInt32 *ioPropertyDataSize, void *outPropertyData)
{
    const cm_format_property *p = find(inPropertyID);
    if (!ioPropertyDataSize || !outPropertyData)
        return kAudio_ParamError;
    if (!p)
        return kAudioFormatUnsupportedPropertyError;
    OSStatus status = check_specifier(p, inSpecifierSize, inSpecifier);
    if (status != noErr)
        return status;
    /* An object must not be made where there is no place for it. */
    if (*ioPropertyDataSize < p->size)
        return cm_fail(kAudioFormatBadPropertySizeError, "the value takes %zu bytes, not %u", p->size,
                       *ioPropertyDataSize);
    cm_question question = { inSpecifier, inSpecifier ? inSpecifierSize : 0, outPropertyData,
                             *ioPropertyDataSize };
    cm_answer answer = { NULL, 0 };
    status = p->answer(&question, &answer);
    if (status == noErr && answer.size > *ioPropertyDataSize)
        status = cm_fail(kAudioFormatBadPropertySizeError, "the value takes %zu bytes, not %u", answer.size,
                         *ioPropertyDataSize);
    if (status == noErr) {
        if (answer.size > 0)
            memcpy(outPropertyData, answer.bytes, answer.size);
        *ioPropertyDataSize = (UInt32)answer.size;
    }
    free(answer.bytes);
    return status;
}
