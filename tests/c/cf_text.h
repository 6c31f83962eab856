/* cf_text.h: Core Foundation objects from C values and back, for the tests. */
#ifndef TESTS_CF_TEXT_H
#define TESTS_CF_TEXT_H

#include "check.h"

#include <CoreFoundation/CoreFoundation.h>
#include <stdbool.h>

/* The UTF-8 of a string, valid until the next call but seven. */
static inline const char *text_of(CFStringRef str)
{
    static _Thread_local char texts[8][512];
    static _Thread_local int turn;
    char *text = texts[turn++ % 8];
    return CFStringGetCString(str, text, sizeof texts[0], kCFStringEncodingUTF8) ? text : NULL;
}

static inline CFStringRef utf8(const char *text)
{
    return CFStringCreateWithCString(NULL, text, kCFStringEncodingUTF8);
}

static inline CFNumberRef int_number(int value)
{
    return CFNumberCreate(NULL, kCFNumberIntType, &value);
}

static inline CFNumberRef real_number(double value)
{
    return CFNumberCreate(NULL, kCFNumberDoubleType, &value);
}

#define CHECK_TEXT(created, expected)                                                                        \
    do {                                                                                                     \
        CFStringRef check_s = (created);                                                                     \
        CHECK(check_s != NULL);                                                                              \
        CHECK_STR(text_of(check_s), expected);                                                               \
        CFRelease(check_s);                                                                                  \
    } while (0)

#endif
