/* Any bytes as an ID3 tag; what is read from it survives being written. Seeds: tests/c/corpus/id3. */
#include "file/id3.h"

#include <AudioToolbox/AudioFile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CFMutableDictionaryRef read_tag(const UInt8 *bytes, size_t size)
{
    CFMutableDictionaryRef info = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    if (cm_id3_read(bytes, size, info) == noErr) {
        /* Numbers that came out of the first reading would be numbers again; the length is not written. */
        CFDictionaryRemoveValue(info, CFSTR(kAFInfoDictionary_Genre));
        CFDictionaryRemoveValue(info, CFSTR(kAFInfoDictionary_ApproximateDurationInSeconds));
        return info;
    }
    CFRelease(info);
    return NULL;
}

static void check_artwork(const UInt8 *bytes, size_t size, CFDataRef expected)
{
    CFDataRef artwork = NULL;
    cm_id3_copy_artwork(bytes, size, &artwork);
    if (!artwork != !expected || (artwork && !CFEqual(artwork, expected)))
        abort();
    if (artwork)
        CFRelease(artwork);
}

static void check_rewritten(const UInt8 *bytes, size_t size)
{
    CFMutableDictionaryRef info = read_tag(bytes, size);
    CFDataRef artwork = NULL, tag = NULL;
    cm_id3_copy_artwork(bytes, size, &artwork);
    if (cm_id3_update(bytes, size, NULL, NULL, &tag) == noErr && tag && info && bytes[0] == 'I') {
        CFMutableDictionaryRef again = read_tag(CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag));
        if (!again || !CFEqual(info, again)) {
            CFShow(info);
            CFShow(again);
            abort();
        }
        check_artwork(CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag), artwork);
        CFRelease(again);
    }
    if (tag)
        CFRelease(tag);
    if (artwork)
        CFRelease(artwork);
    if (info)
        CFRelease(info);
}

/* Whatever the tag is, a comment that was set is there, once. */
static void check_comment(const UInt8 *bytes, size_t size)
{
    CFDataRef tag = NULL;
    char *text = NULL;
    cm_id3_copy_comment(bytes, size, "iTunSMPB", &text);
    free(text);
    if (cm_id3_set_comment(bytes, size, "iTunSMPB", "new", &tag) != noErr || !tag)
        return;
    cm_id3_copy_comment(CFDataGetBytePtr(tag), (size_t)CFDataGetLength(tag), "iTunSMPB", &text);
    if (!text || strcmp(text, "new") != 0)
        abort();
    free(text);
    CFRelease(tag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cm_id3_size(data, size);
    check_comment(data, size);
    check_rewritten(data, size);
    return 0;
}
