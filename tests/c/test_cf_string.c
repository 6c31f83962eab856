#include "cf_text.h"

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>

static void test_constant_strings(void)
{
    CHECK(CFSTR("once") == CFSTR("once"));
    CHECK(CFSTR("once") != CFSTR("twice"));
    CHECK_EQ(CFStringGetLength(CFSTR("caf\xC3\xA9")), 4);
    /* 0x8E is e acute in Mac Roman, and no UTF-8. */
    CHECK_STR(text_of(__CFStringMakeConstantString("caf\x8E")), "caf\xC3\xA9");
    CHECK(__CFStringMakeConstantString("caf\x8E") == __CFStringMakeConstantString("caf\x8E"));
    CHECK(__CFStringMakeConstantString(NULL) == NULL);
}

static void test_invalid_utf8_is_refused(void)
{
    const char *bad[] = { "\x80",
                          "\xC3",
                          "\xC0\x80",
                          "\xE0\x9F\xBF",
                          "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80",
                          "\xF8\x88\x80\x80\x80",
                          "a\xFF",
                          "\xE2\x82" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(utf8(bad[i]) == NULL);
    CHECK(CFStringCreateWithCString(NULL, "\x80", kCFStringEncodingASCII) == NULL);
    CHECK(CFStringCreateWithCString(NULL, "\x81", kCFStringEncodingWindowsLatin1) == NULL);
    CHECK(CFStringCreateWithCString(NULL, "a", 0x12345) == NULL);
    const UniChar lone[] = { 'a', 0xD800 };
    CHECK(CFStringCreateWithCharacters(NULL, lone, 2) == NULL);
    CHECK(CFStringCreateWithBytes(NULL, (const UInt8 *)"abc", 3, kCFStringEncodingUTF16LE, false) == NULL);
}

static void test_lengths_and_characters(void)
{
    /* e acute, euro, G clef: 1, 1 and 2 UTF-16 units */
    CFStringRef str = utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E!");
    const UniChar units[] = { 'a', 0xE9, 0x20AC, 0xD834, 0xDD1E, '!' };
    UniChar got[6];
    CHECK_EQ(CFStringGetLength(str), 6);
    CFStringGetCharacters(str, CFRangeMake(0, 6), got);
    CHECK(memcmp(got, units, sizeof units) == 0);
    for (CFIndex i = 0; i < 6; i++)
        CHECK_EQ(CFStringGetCharacterAtIndex(str, i), units[i]);
    CHECK_EQ(CFStringGetCharacterAtIndex(str, 6), 0);
    CHECK_EQ(CFStringGetCharacterAtIndex(str, -1), 0);
    CFStringRef same = CFStringCreateWithCharacters(NULL, units, 6);
    CHECK(CFEqual(str, same));
    CHECK_EQ(CFHash(str), CFHash(same));
    CFRelease(same);
    CHECK_TEXT(CFStringCreateWithSubstring(NULL, str, CFRangeMake(1, 4)),
               "\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E");
    CHECK(CFStringCreateWithSubstring(NULL, str, CFRangeMake(0, 4)) == NULL);
    CHECK(CFStringCreateWithSubstring(NULL, str, CFRangeMake(4, 5)) == NULL);
    CHECK(CFStringCreateWithSubstring(NULL, str, CFRangeMake(5, 0x7FFFFFFFFFFFFFFF)) == NULL);
    CFRelease(str);
}

static void test_bytes_in_encodings(void)
{
    CFStringRef str = utf8("\xE2\x82\xAC\xF0\x9D\x84\x9E");
    UInt8 bytes[16];
    CFIndex used;
    CFRange all = { 0, 3 };
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingUTF16BE, 0, false, bytes, 16, &used), 3);
    CHECK_EQ(used, 6);
    CHECK(memcmp(bytes, "\x20\xAC\xD8\x34\xDD\x1E", 6) == 0);
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingUTF16, 0, true, bytes, 16, &used), 3);
    CHECK(used == 8 && memcmp(bytes, "\xFF\xFE\xAC\x20\x34\xD8\x1E\xDD", 8) == 0);
    /* Five bytes hold one character and not half of the next. */
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingUTF16BE, 0, false, bytes, 5, &used), 1);
    CHECK_EQ(used, 2);
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingWindowsLatin1, 0, false, bytes, 16, &used), 1);
    CHECK(used == 1 && bytes[0] == 0x80);
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingMacRoman, '?', false, bytes, 16, &used), 3);
    CHECK(used == 2 && bytes[0] == 0xDB && bytes[1] == '?');
    CHECK_EQ(CFStringGetBytes(str, all, kCFStringEncodingUTF8, 0, false, NULL, 0, &used), 3);
    CHECK_EQ(used, 7);
    /* A range may end inside a pair: UTF-16 gets the half, UTF-8 stops. */
    CHECK_EQ(CFStringGetBytes(str, CFRangeMake(0, 2), kCFStringEncodingUTF16LE, 0, false, bytes, 16, &used),
             2);
    CHECK(used == 4 && memcmp(bytes, "\xAC\x20\x34\xD8", 4) == 0);
    CHECK_EQ(CFStringGetBytes(str, CFRangeMake(0, 2), kCFStringEncodingUTF8, 0, false, bytes, 16, &used), 1);
    CHECK_EQ(CFStringGetBytes(str, CFRangeMake(2, 1), kCFStringEncodingUTF16LE, 0, false, bytes, 16, &used),
             1);
    CHECK(used == 2 && memcmp(bytes, "\x1E\xDD", 2) == 0);
    CFDataRef data = CFStringCreateExternalRepresentation(NULL, str, kCFStringEncodingUTF32, 0);
    CHECK(CFDataGetLength(data) == 12 &&
          memcmp(CFDataGetBytePtr(data), "\xFF\xFE\0\0\xAC\x20\0\0\x1E\xD1\x01\0", 12) == 0);
    CFStringRef back = CFStringCreateFromExternalRepresentation(NULL, data, kCFStringEncodingUTF32);
    CHECK(CFEqual(str, back));
    CFRelease(back);
    CFRelease(data);
    CHECK(CFStringCreateExternalRepresentation(NULL, str, kCFStringEncodingASCII, 0) == NULL);
    CFRelease(str);
}

static void test_byte_order_marks(void)
{
    CFStringRef str = CFStringCreateWithBytes(NULL, (const UInt8 *)"\xFE\xFF\0a", 4, kCFStringEncodingUTF16,
                                              true);
    CHECK_TEXT(str, "a");
    str = CFStringCreateWithBytes(NULL,
                                  (const UInt8 *)"\xEF\xBB\xBF"
                                                 "a",
                                  4, kCFStringEncodingUTF8, true);
    CHECK_TEXT(str, "a");
    str = CFStringCreateWithBytes(NULL,
                                  (const UInt8 *)"\xEF\xBB\xBF"
                                                 "a",
                                  4, kCFStringEncodingUTF8, false);
    CHECK_EQ(CFStringGetLength(str), 2);
    CFRelease(str);
    CHECK_TEXT(CFStringCreateWithBytes(NULL, (const UInt8 *)"a\0", 2, kCFStringEncodingUTF16, true), "a");
    CHECK_TEXT(CFStringCreateWithBytes(NULL, NULL, 0, kCFStringEncodingUTF8, true), "");
    CHECK(CFStringCreateWithBytes(NULL, NULL, 3, kCFStringEncodingUTF8, true) == NULL);
    CHECK(CFStringCreateWithBytes(NULL, (const UInt8 *)"a", -1, kCFStringEncodingUTF8, true) == NULL);
}

static void test_embedded_nul(void)
{
    CFStringRef str = CFStringCreateWithBytes(NULL, (const UInt8 *)"a\0b", 3, kCFStringEncodingUTF8, false);
    char buffer[8] = "-------";
    CHECK_EQ(CFStringGetLength(str), 3);
    CHECK(CFStringGetCString(str, buffer, sizeof buffer, kCFStringEncodingUTF8));
    CHECK(memcmp(buffer, "a\0b", 4) == 0);
    CHECK(!CFStringGetFileSystemRepresentation(str, buffer, sizeof buffer));
    CHECK(!CFEqual(str, CFSTR("a")));
    CHECK(CFURLCreateWithFileSystemPath(NULL, str, kCFURLPOSIXPathStyle, false) == NULL);
    CFRelease(str);
}

static void test_c_strings(void)
{
    char buffer[] = "untouched";
    CHECK(!CFStringGetCString(CFSTR("12345"), buffer, 5, kCFStringEncodingASCII));
    CHECK(memcmp(buffer, "\0ntouched", 9) == 0);
    CHECK(CFStringGetCString(CFSTR("12345"), buffer, 6, kCFStringEncodingASCII));
    CHECK_STR(buffer, "12345");
    CHECK(!CFStringGetCString(CFSTR("\xE2\x82\xAC"), buffer, 6, kCFStringEncodingISOLatin1));
    CHECK(CFStringGetCString(CFSTR("\xE2\x82\xAC"), buffer, 4, kCFStringEncodingUTF16BE));
    CHECK(memcmp(buffer, "\x20\xAC\0", 4) == 0);
    CHECK_STR(CFStringGetCStringPtr(CFSTR("\xC3\xA9"), kCFStringEncodingUTF8), "\xC3\xA9");
    CHECK(CFStringGetCStringPtr(CFSTR("\xC3\xA9"), kCFStringEncodingISOLatin1) == NULL);
    CHECK_STR(CFStringGetCStringPtr(CFSTR("e"), kCFStringEncodingMacRoman), "e");
    CHECK(CFStringGetCStringPtr(CFSTR("e"), kCFStringEncodingUTF16) == NULL);
    CHECK_EQ(CFStringGetMaximumSizeForEncoding(10, kCFStringEncodingUTF8), 30);
    CHECK_EQ(CFStringGetMaximumSizeForEncoding(0x7FFFFFFFFFFFFFFF, kCFStringEncodingUTF8), kCFNotFound);
    CHECK_EQ(CFStringGetMaximumSizeOfFileSystemRepresentation(CFSTR("\xC3\xA9")), 3);
    CFStringRef wide = CFStringCreateWithCString(NULL, "a\0\xAC\x20\0", kCFStringEncodingUTF16LE);
    CHECK_TEXT(wide, "a\xE2\x82\xAC");
    CHECK_TEXT(CFStringCreateWithCStringNoCopy(NULL, strdup("owned"), kCFStringEncodingUTF8, NULL), "owned");
    CHECK_TEXT(CFStringCreateWithCStringNoCopy(NULL, "lent", kCFStringEncodingUTF8, kCFAllocatorNull),
               "lent");
}

static void test_mutable_strings(void)
{
    CFMutableStringRef str = CFStringCreateMutable(NULL, 0);
    CFStringAppend(str, CFSTR("ab"));
    CFStringAppendCString(str, "\xE9", kCFStringEncodingISOLatin1);
    CFStringAppendFormat(str, NULL, CFSTR("%d"), 7);
    CHECK_STR(text_of(str), "ab\xC3\xA9"
                            "7");
    CHECK_EQ(CFStringGetLength(str), 4);
    CFStringRef copy = CFStringCreateCopy(NULL, str);
    CHECK(copy != str);
    for (int i = 0; i < 6; i++)
        CFStringAppend(str, str);
    CHECK_EQ(CFStringGetLength(str), 256);
    CHECK_STR(text_of(copy), "ab\xC3\xA9"
                             "7");
    CFStringRef again = CFStringCreateCopy(NULL, copy);
    CHECK(again == copy);
    CFStringAppend((CFMutableStringRef)copy, CFSTR("no"));
    CHECK_EQ(CFStringGetLength(copy), 4);
    CFMutableStringRef other = CFStringCreateMutableCopy(NULL, 0, copy);
    CHECK(other != copy && CFEqual(other, copy));
    CFRelease(other);
    CFRelease(again);
    CFRelease(copy);
    CFRelease(str);
}

static void test_split_and_join(void)
{
    CFArrayRef parts = CFStringCreateArrayBySeparatingStrings(NULL, CFSTR(", a, b,c, "), CFSTR(", "));
    const char *expected[] = { "", "a", "b,c", "" };
    CHECK_EQ(CFArrayGetCount(parts), 4);
    for (CFIndex i = 0; i < 4; i++)
        CHECK_STR(text_of(CFArrayGetValueAtIndex(parts, i)), expected[i]);
    CHECK_TEXT(CFStringCreateByCombiningStrings(NULL, parts, CFSTR(", ")), ", a, b,c, ");
    CFRelease(parts);
    parts = CFStringCreateArrayBySeparatingStrings(NULL, CFSTR("whole"), CFSTR(""));
    CHECK_EQ(CFArrayGetCount(parts), 1);
    CFRelease(parts);
    CFTypeRef wrong[] = { kCFNull };
    parts = CFArrayCreate(NULL, wrong, 1, &kCFTypeArrayCallBacks);
    CHECK(CFStringCreateByCombiningStrings(NULL, parts, CFSTR("")) == NULL);
    CFRelease(parts);
}

static CFComparisonResult compare(const char *a, const char *b, CFStringCompareFlags flags)
{
    CFStringRef x = utf8(a), y = utf8(b);
    CFComparisonResult order = CFStringCompare(x, y, flags);
    CHECK_EQ(CFStringCompare(y, x, flags), -order);
    CFRelease(x);
    CFRelease(y);
    return order;
}

static void test_order(void)
{
    CHECK_EQ(compare("a", "b", 0), -1);
    CHECK_EQ(compare("a", "a", 0), 0);
    CHECK_EQ(compare("a", "ab", 0), -1);
    CHECK_EQ(compare("B", "a", 0), -1);
    CHECK_EQ(compare("B", "a", kCFCompareCaseInsensitive), 1);
    CHECK_EQ(compare("\xC3\x89tude", "\xC3\xA9tude", kCFCompareCaseInsensitive), 0);
    /* U+FFFD comes after U+1D11E in UTF-16 units (D834 DD1E), before it in scalars. */
    CHECK_EQ(compare("\xEF\xBF\xBD", "\xF0\x9D\x84\x9E", 0), 1);
    CHECK_EQ(compare("take 9", "take 10", 0), 1);
    CHECK_EQ(compare("take 9", "take 10", kCFCompareNumerically), -1);
    CHECK_EQ(compare("v1.010", "v1.10", kCFCompareNumerically), 0);
    CHECK_EQ(compare("9b", "9a", kCFCompareNumerically), 1);
    CHECK_EQ(CFStringCompare(NULL, CFSTR(""), 0), -1);
}

static void check_found(CFStringRef text, const char *wanted, CFStringCompareFlags flags, CFIndex at,
                        CFIndex length)
{
    CFStringRef str = utf8(wanted);
    CFRange found = CFStringFind(text, str, flags);
    CHECK_EQ(found.location, at);
    CHECK_EQ(found.length, length);
    CFRelease(str);
}

static void test_find(void)
{
    CFStringRef text = utf8("\xC3\xA9"
                            "abc \xF0\x9D\x84\x9E ABC");
    const CFStringCompareFlags fold = kCFCompareCaseInsensitive, back = kCFCompareBackwards;
    check_found(text, "abc", 0, 1, 3);
    check_found(text, "ABC", 0, 8, 3);
    check_found(text, "abc", back, 1, 3);
    check_found(text, "abc", fold | back, 8, 3);
    check_found(text,
                "\xC3\x89"
                "A",
                fold, 0, 2);
    check_found(text, "\xF0\x9D\x84\x9E", 0, 5, 2);
    check_found(text, "xyz", fold, kCFNotFound, 0);
    check_found(text, "xyz", fold | back, kCFNotFound, 0);
    check_found(text, "", 0, kCFNotFound, 0);
    check_found(text, "abc", kCFCompareAnchored, kCFNotFound, 0);
    check_found(text,
                "\xC3\xA9"
                "a",
                kCFCompareAnchored, 0, 2);
    check_found(text, "abc", kCFCompareAnchored | back, kCFNotFound, 0);
    check_found(text, "abc", kCFCompareAnchored | back | fold, 8, 3);
    check_found(text, "ABC and more than all of it", back, kCFNotFound, 0);
    CHECK(CFStringHasPrefix(text, CFSTR("\xC3\xA9")) && !CFStringHasPrefix(text, CFSTR("a")));
    CHECK(CFStringHasSuffix(text, CFSTR("ABC")) && !CFStringHasSuffix(text, CFSTR("abc")));
    CHECK(CFStringHasPrefix(text, CFSTR("")) && !CFStringHasPrefix(CFSTR(""), text));
    CFRelease(text);
}

static void test_numbers_in_strings(void)
{
    CHECK_EQ(CFStringGetIntValue(CFSTR("  -42abc")), -42);
    CHECK_EQ(CFStringGetIntValue(CFSTR("+7")), 7);
    CHECK_EQ(CFStringGetIntValue(CFSTR("x")), 0);
    CHECK_EQ(CFStringGetIntValue(CFSTR("99999999999999999999")), INT32_MAX);
    CHECK_EQ(CFStringGetIntValue(CFSTR("-99999999999999999999")), INT32_MIN);
    CHECK_EQ(CFStringGetIntValue(CFSTR("-2147483648")), INT32_MIN);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR(" -1.5e3x")), -1500, 0);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR(".25")), 0.25, 0);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR("3e")), 3, 0);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR("0x10")), 0, 0);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR("inf")), 0, 0);
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR(".")), 0, 0);
}

/* The C library's printf is the judge. */
#define CHECK_FORMAT(...)                                                                                    \
    do {                                                                                                     \
        char expected[256];                                                                                  \
        snprintf(expected, sizeof expected, __VA_ARGS__);                                                    \
        CHECK_TEXT(formatted(__VA_ARGS__), expected);                                                        \
    } while (0)

static CFStringRef formatted(const char *format, ...) __attribute__((format(printf, 1, 2)));

static CFStringRef formatted(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CFStringRef text = utf8(format);
    CFStringRef str = CFStringCreateWithFormatAndArguments(NULL, NULL, text, arguments);
    CFRelease(text);
    va_end(arguments);
    return str;
}

static void test_formats_as_printf(void)
{
    CHECK_FORMAT("plain");
    CHECK_FORMAT("100%%");
    CHECK_FORMAT("%d %i %u %o %x %X", -1, 2, 3u, 8u, 255u, 255u);
    CHECK_FORMAT("[%5d] [%-5d] [%05d] [%+d] [% d] [%.3d]", 42, 42, 42, 42, 42, 7);
    CHECK_FORMAT("%#x %#o", 255u, 8u);
    CHECK_FORMAT("%hhd %hd %hhu %hu", -1, -1, 255, 65535);
    CHECK_FORMAT("%hd %hu %hhd %hhu", 70000, 70000, 300, 300);
    CHECK_FORMAT("%ld %lld %zu %jd %td", -5L, 1LL << 62, (size_t)9, (intmax_t)-3, (ptrdiff_t)4);
    CHECK_FORMAT("%lu %llu %llx", ~0ul, ~0ull, ~0ull);
    CHECK_FORMAT("%f %.2f %10.3f %-10.1f| %e %g %G %a", 1.5, 2.345, 3.0, 4.25, 12345.6789, 1e-10, 1e20, 0.1);
    CHECK_FORMAT("%Lf %.3Lg", 1.25L, 1e30L);
    CHECK_FORMAT("%f %f", (double)INFINITY, (double)NAN);
    CHECK_FORMAT("[%s] [%10s] [%-10s] [%.2s]", "text", "right", "left", "cut");
    CHECK_FORMAT("%c%c", 'a', 'b');
    CHECK_FORMAT("%p", (void *)0x1234);
    CHECK_FORMAT("%*d|%-*d|%.*f|%*d", 6, 1, 6, 2, 2, 3.14159, -4, 5);
    CHECK_FORMAT("%2$s %1$d %2$s", 7, "seven");
    CHECK_FORMAT("%2$*1$d", 5, 42);
}

static void test_formats_of_our_own(void)
{
    const UniChar units[] = { 'w', 0xE9, 0xD834, 0xDD1E, 0 };
    CFNumberRef number = int_number(5);
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%@-%@"), CFSTR("a"), number), "a-5");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("[%6@|%-4@|%.1@]"), CFSTR("\xC3\xA9t"), number,
                                        CFSTR("\xC3\xA9t")),
               "[    \xC3\xA9t|5   |\xC3\xA9]");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%@ %s %S"), NULL, NULL, units),
               "(null) (null) w\xC3\xA9\xF0\x9D\x84\x9E");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%C|%.2S|%s"), 0x20AC, units, "caf\x8E"),
               "\xE2\x82\xAC|w\xC3\xA9|caf\xC3\xA9");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%.2s|%.3s"), "a\xC3\xA9", "a\xC3\xA9"),
               "a|a\xC3\xA9");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%D %U %O"), 1L, 2L, 8L), "1 2 10");
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%3$d"), 1, 2, 3), "3");
    CFRelease(number);
    const char *bad[] = { "%", "%y", "%n", "%5", "%ls", "%65$d", "%1$d %1$s" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CFStringRef format = utf8(bad[i]);
        CHECK(CFStringCreateWithFormat(NULL, NULL, format, 1, 2) == NULL);
        CFRelease(format);
    }
    CHECK(CFStringCreateWithFormat(NULL, kCFNull, CFSTR("a")) == NULL);
}

/*
 * Where the process's locale writes a comma, ours still writes a point. Skipped when no such locale is
 * there.
 */
static void test_numbers_ignore_the_locale(void)
{
    const char *names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
    bool set = false;
    for (size_t i = 0; i < 3 && !set; i++)
        set = setlocale(LC_ALL, names[i]) != NULL;
    CHECK_TEXT(CFStringCreateWithFormat(NULL, NULL, CFSTR("%.1f"), 1.5), "1.5");
    CHECK_NEAR(CFStringGetDoubleValue(CFSTR("1.5")), 1.5, 0);
    setlocale(LC_ALL, "C");
    if (!set)
        printf("   (no locale with a decimal comma is installed)\n");
}

int main(void)
{
    RUN(test_constant_strings);
    RUN(test_invalid_utf8_is_refused);
    RUN(test_lengths_and_characters);
    RUN(test_bytes_in_encodings);
    RUN(test_byte_order_marks);
    RUN(test_embedded_nul);
    RUN(test_c_strings);
    RUN(test_mutable_strings);
    RUN(test_split_and_join);
    RUN(test_order);
    RUN(test_find);
    RUN(test_numbers_in_strings);
    RUN(test_formats_as_printf);
    RUN(test_formats_of_our_own);
    RUN(test_numbers_ignore_the_locale);
    return 0;
}
