#include "base/cf_object.h"
#include "cf_text.h"

#include <time.h>

static void test_what_is_no_object(void)
{
    uint64_t words[4] = { 1, 2, 3, 4 };
    CFTypeRef strangers[] = { NULL, (void *)8, (void *)4097, words, (char *)words + 1 };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        CFTypeRef cf = strangers[i];
        CHECK(CFRetain(cf) == cf);
        CFRelease(cf);
        CHECK_EQ(CFGetTypeID(cf), 0);
        CHECK_EQ(CFGetRetainCount(cf), 0);
        CHECK(!CFEqual(cf, kCFNull));
        CFHash(cf);
        CFRelease(CFCopyDescription(cf));
        CHECK_EQ(CFStringGetLength(cf), 0);
        CHECK_EQ(CFArrayGetCount(cf), 0);
        CHECK_EQ(CFDictionaryGetCount(cf), 0);
        CHECK_EQ(CFDataGetLength(cf), 0);
        CHECK(CFURLGetString(cf) == NULL);
        CHECK(!CFNumberIsFloatType(cf));
        CHECK(!CFBooleanGetValue(cf));
    }
    CHECK(CFEqual(NULL, NULL));
    CHECK(CFDataGetBytePtr((CFDataRef)CFSTR("a string")) == NULL);
    CHECK(CFArrayGetValueAtIndex((CFArrayRef)kCFBooleanTrue, 0) == NULL);
}

static void test_constants_ignore_retain_and_release(void)
{
    CFTypeRef constants[] = { kCFNull,    kCFBooleanTrue,    kCFBooleanFalse, kCFRunLoopDefaultMode,
                              CFSTR("x"), kCFAllocatorMalloc };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        CFIndex count = CFGetRetainCount(constants[i]);
        for (int n = 0; n < 3; n++)
            CFRelease(constants[i]);
        CFRetain(constants[i]);
        CHECK_EQ(CFGetRetainCount(constants[i]), count);
    }
    CHECK_STR(text_of(kCFRunLoopDefaultMode), "kCFRunLoopDefaultMode");
    CHECK_STR(text_of(kCFRunLoopCommonModes), "kCFRunLoopCommonModes");
}

static void test_retain_counts(void)
{
    CFIndex before = cm_cf_live_count(CFStringGetTypeID());
    CFStringRef str = utf8("counted");
    CHECK_EQ(CFGetRetainCount(str), 1);
    CHECK(CFRetain(str) == str);
    CHECK_EQ(CFGetRetainCount(str), 2);
    CFRelease(str);
    CHECK_EQ(cm_cf_live_count(CFStringGetTypeID()), before + 1);
    CFRelease(str);
    CHECK_EQ(cm_cf_live_count(CFStringGetTypeID()), before);
}

static void test_type_names(void)
{
    CFTypeID ids[] = { CFStringGetTypeID(), CFDataGetTypeID(), CFNumberGetTypeID(),     CFBooleanGetTypeID(),
                       CFArrayGetTypeID(),  CFDateGetTypeID(), CFDictionaryGetTypeID(), CFErrorGetTypeID(),
                       CFURLGetTypeID(),    CFNullGetTypeID(), CFRunLoopGetTypeID() };
    const char *names[] = { "CFString",     "CFData",  "CFNumber", "CFBoolean", "CFArray",  "CFDate",
                            "CFDictionary", "CFError", "CFURL",    "CFNull",    "CFRunLoop" };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        CHECK_TEXT(CFCopyTypeIDDescription(ids[i]), names[i]);
        for (size_t j = 0; j < i; j++)
            CHECK(ids[i] != ids[j]);
    }
    CHECK(CFCopyTypeIDDescription(0) == NULL);
    CHECK(CFCopyTypeIDDescription(1000) == NULL);
    CHECK_EQ(CFGetTypeID(kCFBooleanTrue), CFBooleanGetTypeID());
    CHECK_EQ(CFGetTypeID(CFRunLoopGetMain()), CFRunLoopGetTypeID());
    CHECK(CFGetAllocator(kCFNull) == kCFAllocatorSystemDefault);
}

static void test_descriptions(void)
{
    CFTypeRef one = int_number(1), half = real_number(0.5), str = utf8("a\xC3\xA9");
    const UInt8 bytes[] = { 0, 0xFF };
    CFDataRef data = CFDataCreate(NULL, bytes, 2);
    CFDateRef date = CFDateCreate(NULL, 0);
    CFURLRef url = CFURLCreateWithString(NULL, CFSTR("file:///a%20b"), NULL);
    CFTypeRef members[] = { one, half, str, data, date, url, kCFBooleanTrue, kCFNull };
    CFArrayRef array = CFArrayCreate(NULL, members, 8, &kCFTypeArrayCallBacks);
    CHECK_TEXT(CFCopyDescription(array),
               "[1, 0.5, \"a\xC3\xA9\", <2 bytes: 00ff>, 2001-01-01T00:00:00Z, file:///a%20b, true, null]");
    CFDictionaryRef dict = CFDictionaryCreate(NULL, &str, (const void **)&array, 1,
                                              &kCFTypeDictionaryKeyCallBacks,
                                              &kCFTypeDictionaryValueCallBacks);
    CFStringRef text = CFStringCreateWithFormat(NULL, NULL, CFSTR("%@"), dict);
    CHECK(CFStringHasPrefix(text, CFSTR("{\"a")) && CFStringHasSuffix(text, CFSTR("null]}")));
    CFRelease(text);
    CFErrorRef error = CFErrorCreate(NULL, kCFErrorDomainOSStatus, -50, NULL);
    CHECK_TEXT(CFErrorCopyDescription(error),
               "The operation could not be completed. (NSOSStatusErrorDomain error -50.)");
    CHECK_EQ(CFErrorGetCode(error), -50);
    CHECK(CFErrorGetDomain(error) == kCFErrorDomainOSStatus);
    CFRelease(error);
    for (int i = 0; i < 6; i++)
        CFRelease(members[i]);
    CFRelease(array);
    CFRelease(dict);
}

static void test_show(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *errors = stderr;
    stderr = open_memstream(&text, &size);
    CFShow(CFSTR("caf\xC3\xA9"));
    CFShow(NULL);
    fclose(stderr);
    stderr = errors;
    CHECK_STR(text, "caf\xC3\xA9\n(null)\n");
    free(text);
}

static void test_description_of_a_circle(void)
{
    CFMutableArrayRef circle = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    for (int i = 0; i < 4; i++)
        CFArrayAppendValue(circle, circle);
    CFStringRef text = CFCopyDescription(circle);
    CHECK(CFStringFind(text, CFSTR("..."), 0).location > 0);
    CHECK(!CFPropertyListIsValid(circle, kCFPropertyListXMLFormat_v1_0));
    CFRelease(text);
    CFArrayRemoveAllValues(circle);
    CFRelease(circle);
}

static void test_number_types(void)
{
    static const struct {
        CFNumberType given, kept;
        CFIndex size;
    } types[] = {
        { kCFNumberSInt8Type, kCFNumberSInt8Type, 1 },     { kCFNumberCharType, kCFNumberSInt8Type, 1 },
        { kCFNumberShortType, kCFNumberSInt16Type, 2 },    { kCFNumberIntType, kCFNumberSInt32Type, 4 },
        { kCFNumberLongType, kCFNumberSInt64Type, 8 },     { kCFNumberLongLongType, kCFNumberSInt64Type, 8 },
        { kCFNumberCFIndexType, kCFNumberSInt64Type, 8 },  { kCFNumberNSIntegerType, kCFNumberSInt64Type, 8 },
        { kCFNumberFloatType, kCFNumberFloat32Type, 4 },   { kCFNumberDoubleType, kCFNumberFloat64Type, 8 },
        { kCFNumberCGFloatType, kCFNumberFloat64Type, 8 },
    };
    const UInt64 zero = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        CFNumberRef number = CFNumberCreate(NULL, types[i].given, &zero);
        CHECK_EQ(CFNumberGetType(number), types[i].kept);
        CHECK_EQ(CFNumberGetByteSize(number), types[i].size);
        CHECK_EQ(CFNumberIsFloatType(number),
                 types[i].kept == kCFNumberFloat32Type || types[i].kept == kCFNumberFloat64Type);
        CFRelease(number);
    }
    CHECK(CFNumberCreate(NULL, 0, &zero) == NULL);
    CHECK(CFNumberCreate(NULL, 17, &zero) == NULL);
    CHECK(CFNumberCreate(NULL, kCFNumberIntType, NULL) == NULL);
}

static void check_value(CFNumberRef number, CFNumberType type, bool exact, long long expected)
{
    SInt8 i8;
    SInt16 i16;
    SInt32 i32;
    SInt64 i64 = 0;
    Boolean ok = type == kCFNumberSInt8Type    ? (ok = CFNumberGetValue(number, type, &i8), i64 = i8, ok)
                 : type == kCFNumberSInt16Type ? (ok = CFNumberGetValue(number, type, &i16), i64 = i16, ok)
                 : type == kCFNumberSInt32Type ? (ok = CFNumberGetValue(number, type, &i32), i64 = i32, ok)
                                               : CFNumberGetValue(number, type, &i64);
    CHECK_EQ(ok, exact);
    CHECK_EQ(i64, expected);
    CFRelease(number);
}

static void test_number_conversion(void)
{
    check_value(int_number(300), kCFNumberSInt16Type, true, 300);
    check_value(int_number(300), kCFNumberSInt8Type, false, 127);
    check_value(int_number(-300), kCFNumberSInt8Type, false, -128);
    check_value(real_number(3.0), kCFNumberSInt32Type, true, 3);
    check_value(real_number(-3.7), kCFNumberSInt32Type, false, -3);
    check_value(real_number(1e30), kCFNumberSInt64Type, false, INT64_MAX);
    check_value(real_number(-0x1p63), kCFNumberSInt64Type, true, INT64_MIN);
    check_value(real_number(0x1p63), kCFNumberSInt64Type, false, INT64_MAX);
    check_value(real_number(NAN), kCFNumberSInt16Type, false, 0);
    check_value(real_number(-INFINITY), kCFNumberSInt16Type, false, INT16_MIN);
    const SInt64 big = INT64_MAX;
    CFNumberRef number = CFNumberCreate(NULL, kCFNumberSInt64Type, &big);
    double f64;
    float f32;
    CHECK(!CFNumberGetValue(number, kCFNumberFloat64Type, &f64));
    CHECK_NEAR(f64, 0x1p63, 0);
    CFRelease(number);
    number = real_number(0.1);
    CHECK(!CFNumberGetValue(number, kCFNumberFloat32Type, &f32));
    CHECK_NEAR(f32, 0.1f, 0);
    CHECK(CFNumberGetValue(number, kCFNumberDoubleType, &f64));
    CFRelease(number);
}

static CFComparisonResult compare_released(CFNumberRef a, CFNumberRef b)
{
    CFComparisonResult order = CFNumberCompare(a, b, NULL);
    CHECK_EQ(CFNumberCompare(b, a, NULL), -order);
    CHECK_EQ(CFEqual(a, b), order == 0);
    CHECK(order != 0 || CFHash(a) == CFHash(b));
    CFRelease(a);
    CFRelease(b);
    return order;
}

static CFNumberRef long_number(SInt64 value)
{
    return CFNumberCreate(NULL, kCFNumberSInt64Type, &value);
}

static void test_number_order(void)
{
    CHECK_EQ(compare_released(int_number(1), real_number(1.0)), 0);
    CHECK_EQ(compare_released(int_number(1), long_number(1)), 0);
    CHECK_EQ(compare_released(int_number(1), real_number(1.5)), -1);
    CHECK_EQ(compare_released(int_number(-1), real_number(-1.5)), 1);
    CHECK_EQ(compare_released(real_number(0.0), real_number(-0.0)), 0);
    CHECK_EQ(compare_released(int_number(0), real_number(-0.0)), 0);
    /* 2^53 + 1 has no double: rounding it would make it equal. */
    CHECK_EQ(compare_released(long_number((1LL << 53) + 1), real_number(0x1p53)), 1);
    CHECK_EQ(compare_released(long_number(INT64_MAX), real_number(0x1p63)), -1);
    CHECK_EQ(compare_released(long_number(INT64_MIN), real_number(-0x1p63)), 0);
    CHECK_EQ(compare_released(real_number(NAN), real_number(NAN)), 0);
    CHECK_EQ(compare_released(real_number(NAN), int_number(INT32_MIN)), -1);
    CHECK_EQ(compare_released(real_number(INFINITY), long_number(INT64_MAX)), 1);
    CFNumberRef one = int_number(1);
    CHECK(!CFEqual(one, kCFBooleanTrue));
    CFRelease(one);
}

static void test_data(void)
{
    const UInt8 bytes[] = { 1, 2, 3, 4 };
    CFDataRef data = CFDataCreate(NULL, bytes, 4);
    UInt8 got[2] = { 0 };
    CFDataGetBytes(data, CFRangeMake(1, 2), got);
    CHECK(got[0] == 2 && got[1] == 3);
    CFDataGetBytes(data, CFRangeMake(3, 2), got);
    CHECK(got[0] == 2 && got[1] == 3);
    CHECK(CFDataGetMutableBytePtr((CFMutableDataRef)data) == NULL);
    CFDataSetLength((CFMutableDataRef)data, 1);
    CHECK_EQ(CFDataGetLength(data), 4);
    CFMutableDataRef copy = CFDataCreateMutableCopy(NULL, 0, data);
    CHECK(CFEqual(copy, data) && CFHash(copy) == CFHash(data));
    CFDataSetLength(copy, 6);
    CHECK(memcmp(CFDataGetBytePtr(copy), "\1\2\3\4\0\0", 6) == 0);
    CFDataSetLength(copy, 2);
    CFDataSetLength(copy, 4);
    CHECK(memcmp(CFDataGetBytePtr(copy), "\1\2\0\0", 4) == 0);
    for (int i = 0; i < 8; i++)
        CFDataAppendBytes(copy, CFDataGetBytePtr(copy), CFDataGetLength(copy));
    CHECK_EQ(CFDataGetLength(copy), 1024);
    CHECK(memcmp(CFDataGetBytePtr(copy) + 1020, "\1\2\0\0", 4) == 0);
    CFDataAppendBytes(copy, bytes, -1);
    CFDataSetLength(copy, -1);
    CHECK_EQ(CFDataGetLength(copy), 1024);
    CFRelease(copy);
    CFRelease(data);
    CHECK(CFDataCreate(NULL, bytes, -1) == NULL);
    data = CFDataCreateWithBytesNoCopy(NULL, bytes, 4, kCFAllocatorNull);
    CHECK(CFDataGetBytePtr(data) == bytes);
    CFRelease(data);
    data = CFDataCreateWithBytesNoCopy(NULL, (UInt8 *)strdup("own"), 3, NULL);
    CHECK_EQ(CFDataGetLength(data), 3);
    CFRelease(data);
    CHECK(CFDataCreateMutable(NULL, -1) == NULL);
}

/* The C library's calendar is the judge. */
static void test_date_texts(void)
{
    for (long long unix_time = -62135596800; unix_time < 253402300800; unix_time += 86400 * 37 + 12345) {
        time_t given = (time_t)unix_time;
        struct tm fields;
        char expected[80];
        gmtime_r(&given, &fields);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", fields.tm_year + 1900,
                 fields.tm_mon + 1, fields.tm_mday, fields.tm_hour, fields.tm_min, fields.tm_sec);
        CFDateRef date = CFDateCreate(NULL, (double)unix_time - kCFAbsoluteTimeIntervalSince1970);
        CHECK_TEXT(CFCopyDescription(date), expected);
        CFRelease(date);
    }
    CHECK_NEAR(CFAbsoluteTimeGetCurrent() + kCFAbsoluteTimeIntervalSince1970, (double)time(NULL), 2);
    CHECK_NEAR(kCFAbsoluteTimeIntervalSince1970, 978307200, 0);
}

static void test_arrays(void)
{
    CFMutableArrayRef array = CFArrayCreateMutable(NULL, 0, &kCFTypeArrayCallBacks);
    CFNumberRef number = int_number(9);
    CFArrayAppendValue(array, CFSTR("b"));
    CFArrayInsertValueAtIndex(array, 0, CFSTR("a"));
    CFArraySetValueAtIndex(array, 2, number);
    CHECK_EQ(CFGetRetainCount(number), 2);
    CFArrayInsertValueAtIndex(array, 4, CFSTR("outside"));
    CFArraySetValueAtIndex(array, -1, CFSTR("outside"));
    CFArrayRemoveValueAtIndex(array, 3);
    CHECK_EQ(CFArrayGetCount(array), 3);
    CFNumberRef real = real_number(9.0);
    CHECK_EQ(CFArrayGetFirstIndexOfValue(array, CFRangeMake(0, 3), real), 2);
    CHECK(!CFArrayContainsValue(array, CFRangeMake(0, 2), real));
    CHECK(!CFArrayContainsValue(array, CFRangeMake(0, 4), real));
    CFRelease(real);
    const void *values[2];
    CFArrayGetValues(array, CFRangeMake(1, 2), values);
    CHECK(values[0] == CFSTR("b") && values[1] == number);
    CFArrayRef copy = CFArrayCreateCopy(NULL, array);
    CHECK(copy != array && CFEqual(copy, array) && CFHash(copy) == CFHash(array));
    CFArrayAppendValue((CFMutableArrayRef)copy, number);
    CHECK_EQ(CFArrayGetCount(copy), 3);
    CFArraySetValueAtIndex(array, 2, CFSTR("c"));
    CHECK_EQ(CFGetRetainCount(number), 2);
    CHECK(!CFEqual(copy, array));
    CFRelease(copy);
    CHECK_EQ(CFGetRetainCount(number), 1);
    CFArrayRemoveValueAtIndex(array, 0);
    CHECK(CFArrayGetValueAtIndex(array, 0) == CFSTR("b"));
    CFArrayAppendValue(array, number);
    CFArrayAppendValue(array, number);
    CFArrayRemoveValueAtIndex(array, CFArrayGetCount(array) - 1);
    CHECK_EQ(CFGetRetainCount(number), 2);
    CFArrayRemoveAllValues(array);
    CHECK_EQ(CFArrayGetCount(array), 0);
    CHECK_EQ(CFGetRetainCount(number), 1);
    CFRelease(array);
    CFRelease(number);
}

static void test_arrays_of_anything(void)
{
    const void *values[] = { (void *)1, (void *)2, (void *)1 };
    CFArrayRef array = CFArrayCreate(NULL, values, 3, NULL);
    CHECK(CFArrayGetValueAtIndex(array, 1) == (void *)2);
    CHECK_EQ(CFArrayGetFirstIndexOfValue(array, CFRangeMake(1, 2), (void *)1), 2);
    CHECK_TEXT(CFCopyDescription(array), "[0x1, 0x2, 0x1]");
    CHECK(!CFPropertyListIsValid(array, kCFPropertyListXMLFormat_v1_0));
    CHECK(CFStringCreateByCombiningStrings(NULL, array, CFSTR("")) == NULL);
    CFRelease(array);
    CHECK(CFArrayCreate(NULL, values, -1, NULL) == NULL);
    CHECK(CFArrayCreate(NULL, NULL, 1, NULL) == NULL);
}

static void count_entry(const void *key, const void *value, void *context)
{
    (void)key, (void)value;
    ++*(int *)context;
}

static void test_dictionaries(void)
{
    CFMutableDictionaryRef dict = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    enum { COUNT = 5000 };
    for (int i = 0; i < COUNT; i++) {
        CFStringRef key = CFStringCreateWithFormat(NULL, NULL, CFSTR("key %d"), i);
        CFNumberRef value = int_number(i);
        CFDictionarySetValue(dict, key, value);
        CFRelease(key);
        CFRelease(value);
    }
    /* Take out two of three, so that the table has gaps to go through. */
    for (int i = 0; i < COUNT; i++) {
        CFStringRef key = CFStringCreateWithFormat(NULL, NULL, CFSTR("key %d"), i);
        if (i % 3)
            CFDictionaryRemoveValue(dict, key);
        CHECK_EQ(CFDictionaryContainsKey(dict, key), i % 3 == 0);
        CFRelease(key);
    }
    CHECK_EQ(CFDictionaryGetCount(dict), (COUNT + 2) / 3);
    static const void *keys[COUNT], *values[COUNT];
    CFDictionaryGetKeysAndValues(dict, keys, values);
    for (int i = 0; i < (COUNT + 2) / 3; i++) {
        int value;
        CHECK(CFNumberGetValue(values[i], kCFNumberIntType, &value));
        CHECK_EQ(value, i * 3);
        CHECK(CFDictionaryGetValue(dict, keys[i]) == values[i]);
    }
    int seen = 0;
    CFDictionaryApplyFunction(dict, count_entry, &seen);
    CHECK_EQ(seen, (COUNT + 2) / 3);
    CFDictionaryRemoveAllValues(dict);
    CHECK_EQ(CFDictionaryGetCount(dict), 0);
    CHECK(CFDictionaryGetValue(dict, CFSTR("key 0")) == NULL);
    CFDictionarySetValue(dict, CFSTR("again"), kCFNull);
    CHECK_EQ(CFDictionaryGetCount(dict), 1);
    CFRelease(dict);
}

static void test_dictionary_rules(void)
{
    CFMutableDictionaryRef dict = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    CFDictionaryReplaceValue(dict, CFSTR("a"), CFSTR("no"));
    CHECK_EQ(CFDictionaryGetCount(dict), 0);
    CFDictionaryAddValue(dict, CFSTR("a"), CFSTR("1"));
    CFDictionaryAddValue(dict, CFSTR("a"), CFSTR("2"));
    CHECK(CFDictionaryGetValue(dict, CFSTR("a")) == CFSTR("1"));
    CFDictionaryReplaceValue(dict, CFSTR("a"), CFSTR("3"));
    CHECK(CFDictionaryGetValue(dict, CFSTR("a")) == CFSTR("3"));
    CFDictionaryRef copy = CFDictionaryCreateCopy(NULL, dict);
    CHECK(CFEqual(copy, dict) && CFHash(copy) == CFHash(dict));
    CFDictionarySetValue((CFMutableDictionaryRef)copy, CFSTR("b"), CFSTR("no"));
    CHECK_EQ(CFDictionaryGetCount(copy), 1);
    CFDictionaryRef same = CFDictionaryCreateCopy(NULL, copy);
    CHECK(same == copy);
    CFMutableDictionaryRef other = CFDictionaryCreateMutableCopy(NULL, 0, copy);
    CFDictionarySetValue(other, CFSTR("a"), CFSTR("4"));
    CHECK(!CFEqual(other, copy));
    const void *value = NULL;
    CHECK(!CFDictionaryGetValueIfPresent(dict, CFSTR("z"), &value) && !value);
    /* Numbers find each other by value. */
    CFNumberRef one = int_number(1), real = real_number(1);
    CFDictionarySetValue(dict, one, CFSTR("one"));
    CHECK(CFDictionaryGetValue(dict, real) == CFSTR("one"));
    CFRelease(one);
    CFRelease(real);
    CFRelease(other);
    CFRelease(same);
    CFRelease(copy);
    CFRelease(dict);
}

static void test_dictionary_callbacks(void)
{
    CFMutableStringRef key = CFStringCreateMutable(NULL, 0);
    CFStringAppend(key, CFSTR("key"));
    CFMutableDictionaryRef dict = CFDictionaryCreateMutable(NULL, 0, &kCFCopyStringDictionaryKeyCallBacks,
                                                            &kCFTypeDictionaryValueCallBacks);
    CFDictionarySetValue(dict, key, kCFBooleanTrue);
    CFStringAppend(key, CFSTR(" changed"));
    CHECK(CFDictionaryGetValue(dict, CFSTR("key")) == kCFBooleanTrue);
    CFRelease(dict);
    CFRelease(key);
    /* Without callbacks keys are what they are: equal strings in two places are two keys. */
    CFStringRef a = utf8("same"), b = utf8("same");
    const void *keys[] = { a, b, a }, *values[] = { (void *)1, (void *)2, (void *)3 };
    CFDictionaryRef plain = CFDictionaryCreate(NULL, keys, values, 3, NULL, NULL);
    CHECK_EQ(CFDictionaryGetCount(plain), 2);
    CHECK(CFDictionaryGetValue(plain, a) == (void *)3 && CFDictionaryGetValue(plain, b) == (void *)2);
    CHECK_EQ(CFGetRetainCount(a), 1);
    CFRelease(plain);
    CFRelease(a);
    CFRelease(b);
}

/* ---- leaks: every function that creates or copies, again and again ---- */

#define XML "<dict><key>a</key><array><integer>1</integer><string>s</string><data>AA==</data></array></dict>"

static CFTypeRef samples[6]; /* a string, a mutable string, data, an array, a dictionary, a URL */
static FSRef sample_ref;
enum { STRING, MUTABLE_STRING, DATA, ARRAY, DICTIONARY, URL };

static void make_samples(void)
{
    CFTypeRef members[] = { CFSTR("a"), CFSTR("b") };
    samples[STRING] = utf8("caf\xC3\xA9, au, lait");
    samples[MUTABLE_STRING] = CFStringCreateMutableCopy(NULL, 0, samples[STRING]);
    samples[DATA] = CFDataCreate(NULL, (const UInt8 *)XML, sizeof XML - 1);
    samples[ARRAY] = CFArrayCreate(NULL, members, 2, &kCFTypeArrayCallBacks);
    samples[DICTIONARY] = CFDictionaryCreate(NULL, members, members, 2, &kCFTypeDictionaryKeyCallBacks,
                                             &kCFTypeDictionaryValueCallBacks);
    samples[URL] = CFURLCreateWithString(NULL, CFSTR("file:///tmp"), NULL);
    CHECK(CFURLGetFSRef(samples[URL], &sample_ref));
}

static void leak_strings(void)
{
    CFStringRef str = samples[STRING];
    CFTypeRef made[] = {
        CFStringCreateWithCStringNoCopy(NULL, strdup("x"), kCFStringEncodingUTF8, NULL),
        CFStringCreateWithCString(NULL, "caf\x8E", kCFStringEncodingMacRoman),
        CFStringCreateWithCString(NULL, "\xFF", kCFStringEncodingUTF8),
        CFStringCreateWithBytes(NULL, (const UInt8 *)"a\0\0", 3, kCFStringEncodingUTF16LE, true),
        CFStringCreateWithSubstring(NULL, str, CFRangeMake(1, 3)),
        CFStringCreateCopy(NULL, str),
        CFStringCreateCopy(NULL, samples[MUTABLE_STRING]),
        CFStringCreateWithFormat(NULL, NULL, CFSTR("%@ %s %d %S"), str, "x", 1, NULL),
        CFStringCreateWithFormat(NULL, NULL, CFSTR("%s %y"), "x"),
        CFStringCreateExternalRepresentation(NULL, str, kCFStringEncodingUTF16, 0),
        CFStringCreateExternalRepresentation(NULL, str, kCFStringEncodingASCII, 0),
        CFStringCreateFromExternalRepresentation(NULL, samples[DATA], kCFStringEncodingISOLatin1),
        CFStringCreateArrayBySeparatingStrings(NULL, str, CFSTR(", ")),
        CFStringCreateByCombiningStrings(NULL, samples[ARRAY], CFSTR("+")),
        CFStringCreateMutable(NULL, 0),
        CFStringCreateMutableCopy(NULL, 0, str),
        CFCopyTypeIDDescription(CFStringGetTypeID()),
        CFCopyDescription(samples[DICTIONARY]),
    };
    CFMutableStringRef grown = CFStringCreateMutable(NULL, 0);
    CFStringAppendFormat(grown, NULL, CFSTR("%f"), 1.0);
    CFStringAppendCString(grown, "\xFF", kCFStringEncodingUTF8);
    CFRelease(grown);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        CFRelease(made[i]);
}

static void leak_containers(void)
{
    CFTypeRef list = CFPropertyListCreateWithData(NULL, samples[DATA], 2, NULL, NULL);
    CFDataRef empty = CFDataCreate(NULL, NULL, 0);
    CFErrorRef error = NULL;
    CHECK(CFPropertyListCreateWithData(NULL, empty, 0, NULL, &error) == NULL && error);
    CFTypeRef made[] = {
        list,
        empty,
        CFPropertyListCreateDeepCopy(NULL, list, 0),
        CFPropertyListCreateDeepCopy(NULL, list, 2),
        CFPropertyListCreateData(NULL, list, kCFPropertyListXMLFormat_v1_0, 0, NULL),
        CFArrayCreateCopy(NULL, samples[ARRAY]),
        CFArrayCreateMutableCopy(NULL, 0, samples[ARRAY]),
        CFDictionaryCreateCopy(NULL, samples[DICTIONARY]),
        CFDictionaryCreateMutableCopy(NULL, 0, samples[DICTIONARY]),
        CFDataCreateCopy(NULL, samples[DATA]),
        CFDataCreateMutableCopy(NULL, 0, samples[DATA]),
        CFDataCreateWithBytesNoCopy(NULL, (UInt8 *)strdup("own"), 3, NULL),
        CFDateCreate(NULL, 1),
        CFErrorCreate(NULL, CFSTR("domain"), 1, samples[DICTIONARY]),
        CFErrorCopyDescription(error),
        error,
    };
    CFMutableArrayRef array = CFArrayCreateMutableCopy(NULL, 0, samples[ARRAY]);
    CFArraySetValueAtIndex(array, 0, samples[DATA]);
    CFArrayRemoveValueAtIndex(array, 1);
    CFRelease(array);
    CFMutableDictionaryRef dict = CFDictionaryCreateMutableCopy(NULL, 0, samples[DICTIONARY]);
    CFDictionarySetValue(dict, CFSTR("a"), samples[DATA]);
    CFDictionaryRemoveValue(dict, CFSTR("b"));
    CFRelease(dict);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        CFRelease(made[i]);
}

static void leak_urls(void)
{
    CFURLRef url = samples[URL];
    CFTypeRef made[] = {
        CFURLCreateWithFileSystemPath(NULL, CFSTR("/a b"), kCFURLPOSIXPathStyle, true),
        CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)"\xFF", 1, false),
        CFURLCreateWithString(NULL, CFSTR("../x"), url),
        CFURLCreateWithString(NULL, CFSTR("not valid"), NULL),
        CFURLCreateWithString(NULL, CFSTR("file:///%00"), NULL),
        CFURLCreateCopyAppendingPathComponent(NULL, url, CFSTR("x.y"), false),
        CFURLCreateFromFSRef(NULL, &sample_ref),
        CFURLCopyFileSystemPath(url, kCFURLPOSIXPathStyle),
        CFURLCopyLastPathComponent(url),
        CFURLCopyPathExtension(url),
        CFURLCopyScheme(url),
    };
    char buffer[64];
    CFURLGetFileSystemRepresentation(made[1], true, (UInt8 *)buffer, sizeof buffer);
    FSRef ref;
    CFURLGetFSRef(url, &ref);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        CFRelease(made[i]);
}

static void test_nothing_leaks(void)
{
    CFIndex before = cm_cf_live_count(CM_CF_NONE);
    make_samples();
    CFIndex with_samples = cm_cf_live_count(CM_CF_NONE);
    for (int i = 0; i < 10000; i++) {
        leak_strings();
        leak_containers();
        leak_urls();
        CHECK_EQ(cm_cf_live_count(CM_CF_NONE), with_samples);
    }
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        CFRelease(samples[i]);
    CHECK_EQ(cm_cf_live_count(CM_CF_NONE), before);
}

int main(void)
{
    RUN(test_what_is_no_object);
    RUN(test_constants_ignore_retain_and_release);
    RUN(test_retain_counts);
    RUN(test_type_names);
    RUN(test_descriptions);
    RUN(test_show);
    RUN(test_description_of_a_circle);
    RUN(test_number_types);
    RUN(test_number_conversion);
    RUN(test_number_order);
    RUN(test_data);
    RUN(test_date_texts);
    RUN(test_arrays);
    RUN(test_arrays_of_anything);
    RUN(test_dictionaries);
    RUN(test_dictionary_rules);
    RUN(test_dictionary_callbacks);
    RUN(test_nothing_leaks);
    return 0;
}
