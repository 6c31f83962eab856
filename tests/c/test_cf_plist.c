/* The property list reader and writer. That others read what is written here is tested from Python. */
#include "base/cf_object.h"
#include "cf_text.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">"

static CFPropertyListRef read_bytes(const void *bytes, size_t size, CFErrorRef *error)
{
    CFDataRef data = CFDataCreate(NULL, bytes, (CFIndex)size);
    CFPropertyListFormat format = 0;
    CFPropertyListRef list = CFPropertyListCreateWithData(NULL, data, kCFPropertyListImmutable, &format,
                                                          error);
    CHECK_EQ(format, list ? kCFPropertyListXMLFormat_v1_0 : 0);
    CFRelease(data);
    return list;
}

static CFPropertyListRef read_text(const char *text)
{
    return read_bytes(text, strlen(text), NULL);
}

/* What a document means, as CFCopyDescription writes it; "line N" and the fault when it means nothing. */
static const char *meaning_of(const char *text)
{
    static char meaning[512];
    CFErrorRef error = NULL;
    CFPropertyListRef list = read_bytes(text, strlen(text), &error);
    CHECK((list == NULL) == (error != NULL));
    CFStringRef description = list ? CFCopyDescription(list) : CFErrorCopyDescription(error);
    CHECK(CFStringGetCString(description, meaning, sizeof meaning, kCFStringEncodingUTF8));
    if (error) {
        CHECK_EQ(CFErrorGetCode(error), kCFPropertyListReadCorruptError);
        CHECK(CFErrorGetDomain(error) == kCFErrorDomainCocoa);
    }
    CFRelease(description);
    CFRelease(list);
    CFRelease(error);
    return meaning;
}

static void test_values(void)
{
    static const char *const cases[][2] = {
        { "<string>plain</string>", "plain" },
        { "<string/>", "" },
        { "<string></string>", "" },
        { "<string> kept \n\t</string>", " kept \n\t" },
        { "<string>a\r\nb\rc</string>", "a\nb\nc" },
        { "<string>a&#13;&#xA;b</string>", "a\r\nb" },
        { "<string>&lt;&gt;&amp;&apos;&quot;</string>", "<>&'\"" },
        { "<string>&#233;&#xe9;&#x1D11E;&#x1d11e;</string>",
          "\xC3\xA9\xC3\xA9\xF0\x9D\x84\x9E\xF0\x9D\x84\x9E" },
        { "<string>a<![CDATA[<b>&amp;]]]>c</string>", "a<b>&amp;]c" },
        { "<string>a<!-- not this -->b<?nor this?>c</string>", "abc" },
        { "<string a='1' b = \">\">x</string >", "x" },
        { "<integer>0</integer>", "0" },
        { "<integer> -12\n</integer>", "-12" },
        { "<integer>+7</integer>", "7" },
        { "<integer>0xFf</integer>", "255" },
        { "<integer>-0x10</integer>", "-16" },
        { "<integer>-9223372036854775808</integer>", "-9223372036854775808" },
        { "<integer>18446744073709551615</integer>", "18446744073709551615" },
        { "<integer>0xFFFFFFFFFFFFFFFF</integer>", "18446744073709551615" },
        { "<real>1.5</real>", "1.5" },
        { "<real> -1e-3 </real>", "-0.001" },
        { "<real>3</real>", "3" },
        { "<real>nan</real>", "nan" },
        { "<real>-Infinity</real>", "-infinity" },
        { "<real>+inf</real>", "+infinity" },
        { "<true/>", "true" },
        { "<false></false>", "false" },
        { "<date>2024-02-29T23:59:58Z</date>", "2024-02-29T23:59:58Z" },
        { "<date> 1899-12-31T00:00:00Z\n</date>", "1899-12-31T00:00:00Z" },
        { "<date>2024-02Z</date>", "2024-02-01T00:00:00Z" },
        { "<data></data>", "<0 bytes>" },
        { "<data>\n\tAAEC\n\tAwQ=\n</data>", "<5 bytes: 00010203 04>" },
        { "<data>/+8=</data>", "<2 bytes: ffef>" },
        { "<array/>", "[]" },
        { "<array>\n<integer>1</integer><!-- x --><array><true/></array></array>", "[1, [true]]" },
        { "<dict/>", "{}" },
        { "<dict><key>b</key><integer>1</integer> <key/><dict></dict></dict>", "{\"b\": 1, \"\": {}}" },
        { "<dict><key>a</key><true/><key>a</key><false/></dict>", "{\"a\": false}" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, HEAD "%s</plist>\n", cases[i][0]);
        CHECK_STR(meaning_of(text), cases[i][1]);
        CHECK_STR(meaning_of(cases[i][0]), cases[i][1]); /* also without <plist> */
    }
}

static void test_prologs(void)
{
    static const char *const documents[] = {
        "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://x/>.dtd\"><plist><true/></plist>",
        "<?xml version='1.0'?><!-- c --><!DOCTYPE plist [ <!-- ] > --> <!ELEMENT a (b)> <?x ]>?> ]><true/>",
        "\n<?style?>\n<plist version='1.0'>\n<true/>\n</plist>\n<!-- end -->\n<?end?>\n",
        "\xEF\xBB\xBF<plist><true/></plist>",
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        CHECK_STR(meaning_of(documents[i]), "true");
}

static void test_faults_and_their_lines(void)
{
    static const struct {
        const char *text;
        int line;
    } cases[] = {
        { " ", 1 },
        { "<plist", 1 },
        { "<plist/>", 1 },
        { "<plist></plist>", 1 },
        { "</plist>", 1 },
        { "<plist>\n<true/>\n<true/></plist>", 3 },
        { "<true/>\n\nrest", 3 },
        { "<true/><true/>", 1 },
        { "just text", 1 },
        { "<array>\n<true>\n</array>", 3 },
        { "<array>\r\n<true>\r</array>", 3 },
        { "<array>\n", 2 },
        { "<array>text</array>", 1 },
        { "<array></dict>", 1 },
        { "<dict><key>a</key></dict>", 1 },
        { "<dict><true/></dict>", 1 },
        { "<dict><key>a</key><key>b</key></dict>", 1 },
        { "<dict><key>a<b/></key><true/></dict>", 1 },
        { "<unknown/>", 1 },
        { "<caf\xC3\xA9/>", 1 },
        { "<key>a</key>", 1 },
        { "<string>a", 1 },
        { "<string>a</strin>", 1 },
        { "<string>a<b></string>", 1 },
        { "<string>&nbsp;</string>", 1 },
        { "<string>&#0;</string>", 1 },
        { "<string>&#xD800;</string>", 1 },
        { "<string>&#x110000;</string>", 1 },
        { "<string>&#99999999999999999999;</string>", 1 },
        { "<string>&#;</string>", 1 },
        { "<string>&#x;</string>", 1 },
        { "<string>&#65</string>", 1 },
        { "<string>&</string>", 1 },
        { "<string>\x01</string>", 1 },
        { "<string>\xEF\xBF\xBF</string>", 1 },
        { "<string><![CDATA[\x02]]></string>", 1 },
        { "<string><![CDATA[a</string>", 1 },
        { "<string><!-- a</string>", 1 },
        { "<string a></string>", 1 },
        { "<string a=b></string>", 1 },
        { "<string a='b></string>", 1 },
        { "<integer></integer>", 1 },
        { "<integer>-</integer>", 1 },
        { "<integer>1.0</integer>", 1 },
        { "<integer>1 2</integer>", 1 },
        { "<integer>0x</integer>", 1 },
        { "<integer>--1</integer>", 1 },
        { "<integer>18446744073709551616</integer>", 1 },
        { "<integer>-9223372036854775809</integer>", 1 },
        { "<real></real>", 1 },
        { "<real>0x1p3</real>", 1 },
        { "<real>1.5.2</real>", 1 },
        { "<real>infinite</real>", 1 },
        { "<real>nan(1)</real>", 1 },
        { "<date></date>", 1 },
        { "<date>2023-02-29T00:00:00Z</date>", 1 },
        { "<date>2023-13-01T00:00:00Z</date>", 1 },
        { "<date>0000-01-01T00:00:00Z</date>", 1 },
        { "<date>2023-01-01T24:00:00Z</date>", 1 },
        { "<date>2023-01-01T00:00:60Z</date>", 1 },
        { "<date>2023-01-01T00:00:00</date>", 1 },
        { "<date>2023-01-01T00:00:00Zx</date>", 1 },
        { "<data>A</data>", 1 },
        { "<data>AAE</data>", 1 },
        { "<data>A===</data>", 1 },
        { "<data>AA=A</data>", 1 },
        { "<data>AA-=</data>", 1 },
        { "<data>AAAA=</data>", 1 },
        { "<!DOCTYPE plist [ ><true/>", 1 },
        { "<!DOCTYPE a 'x><true/>", 1 },
        { "<!DOCTYPE p [<!ENTITY a \"b\">]><string>&a;</string>", 1 },
        { "<true/><!DOCTYPE plist>", 1 },
        { "<?xml version=\"1.0\" encoding=\"EBCDIC\"?><true/>", 1 },
        { "<string>\xFF</string>", 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[40];
        snprintf(expected, sizeof expected, "Property list, line %d: ", cases[i].line);
        const char *got = meaning_of(cases[i].text);
        if (strncmp(got, expected, strlen(expected)) != 0) {
            fprintf(stderr, "%s gives %s\n", cases[i].text, got);
            exit(1);
        }
    }
}

static void test_what_is_no_xml(void)
{
    CFErrorRef error = NULL;
    CHECK(read_bytes("bplist00\0\0", 10, &error) == NULL);
    CHECK_EQ(CFErrorGetCode(error), kCFPropertyListReadUnknownVersionError);
    CFRelease(error);
    CHECK(read_bytes("", 0, NULL) == NULL);
    CHECK(read_bytes("\0", 1, NULL) == NULL);
    CHECK(read_bytes("<true/>\0", 8, NULL) == NULL);
    CHECK(CFPropertyListCreateWithData(NULL, NULL, 0, NULL, NULL) == NULL);
}

static void test_encodings(void)
{
    static const char latin1[] = "<?xml version=\"1.0\" encoding='ISO-8859-1'?><string>caf\xE9</string>";
    static const char roman[] = "<?xml version=\"1.0\" encoding=\"macintosh\" ?><string>caf\x8E</string>";
    CHECK_STR(meaning_of(latin1), "caf\xC3\xA9");
    CHECK_STR(meaning_of(roman), "caf\xC3\xA9");
    CFStringRef text = CFSTR(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><string>\xC3\xA9\xF0\x9D\x84\x9E</string>");
    CFStringEncoding encodings[] = { kCFStringEncodingUTF16,   kCFStringEncodingUTF16BE,
                                     kCFStringEncodingUTF16LE, kCFStringEncodingUTF32BE,
                                     kCFStringEncodingUTF32LE, kCFStringEncodingUTF32 };
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        CFDataRef data = CFStringCreateExternalRepresentation(NULL, text, encodings[i], 0);
        CFPropertyListRef list = CFPropertyListCreateWithData(NULL, data, 0, NULL, NULL);
        CHECK(list != NULL);
        CHECK_STR(text_of(list), "\xC3\xA9\xF0\x9D\x84\x9E");
        CFRelease(list);
        CFRelease(data);
    }
    CHECK(read_bytes("\xFF\xFE<\0t", 5, NULL) == NULL);
    CHECK(read_bytes("\xFF\xFE", 2, NULL) == NULL);
}

static CFPropertyListRef nested_arrays(int depth)
{
    size_t size = (size_t)depth * strlen("<array></array>");
    char *text = malloc(size + 1), *at = text;
    for (int i = 0; i < depth; i++)
        at = stpcpy(at, "<array>");
    for (int i = 0; i < depth; i++)
        at = stpcpy(at, "</array>");
    CFPropertyListRef list = read_bytes(text, size, NULL);
    free(text);
    return list;
}

static void test_nesting_is_bounded(void)
{
    CFPropertyListRef deepest = nested_arrays(512);
    CHECK(deepest != NULL);
    CHECK(CFPropertyListIsValid(deepest, kCFPropertyListXMLFormat_v1_0));
    CFDataRef data = CFPropertyListCreateData(NULL, deepest, kCFPropertyListXMLFormat_v1_0, 0, NULL);
    CHECK(data != NULL);
    CFRelease(data);
    CHECK(nested_arrays(513) == NULL);
    CHECK(nested_arrays(1000000) == NULL);
    const void *member = deepest;
    CFArrayRef deeper = CFArrayCreate(NULL, &member, 1, &kCFTypeArrayCallBacks);
    CHECK(!CFPropertyListIsValid(deeper, kCFPropertyListXMLFormat_v1_0));
    CHECK(CFPropertyListCreateDeepCopy(NULL, deeper, 0) == NULL);
    CFRelease(deeper);
    CFRelease(deepest);
}

static void test_mutability(void)
{
    const char *text = "<dict><key>a</key><array><string>s</string><data>AAAA</data></array></dict>";
    CFDataRef data = CFDataCreate(NULL, (const UInt8 *)text, (CFIndex)strlen(text));
    for (CFOptionFlags options = 0; options <= 2; options++) {
        CFPropertyListRef read = CFPropertyListCreateWithData(NULL, data, options, NULL, NULL);
        CFPropertyListRef copies[] = { read, CFPropertyListCreateDeepCopy(NULL, read, options) };
        for (int i = 0; i < 2; i++) {
            CFMutableDictionaryRef dict = (CFMutableDictionaryRef)copies[i];
            CFMutableArrayRef array = (CFMutableArrayRef)CFDictionaryGetValue(dict, CFSTR("a"));
            CFStringAppend((CFMutableStringRef)CFArrayGetValueAtIndex(array, 0), CFSTR("!"));
            CFDataSetLength((CFMutableDataRef)CFArrayGetValueAtIndex(array, 1), 9);
            CHECK_EQ(CFStringGetLength(CFArrayGetValueAtIndex(array, 0)), options == 2 ? 2 : 1);
            CHECK_EQ(CFDataGetLength(CFArrayGetValueAtIndex(array, 1)), options == 2 ? 9 : 3);
            CFArrayAppendValue(array, kCFBooleanTrue);
            CFDictionarySetValue(dict, CFSTR("b"), kCFBooleanTrue);
            CHECK_EQ(CFArrayGetCount(array), options ? 3 : 2);
            CHECK_EQ(CFDictionaryGetCount(dict), options ? 2 : 1);
        }
        CFRelease(copies[0]);
        CFRelease(copies[1]);
    }
    CFRelease(data);
}

static void check_not_writable(CFTypeRef list)
{
    CFErrorRef error = NULL;
    CHECK(!CFPropertyListIsValid(list, kCFPropertyListXMLFormat_v1_0));
    CHECK(CFPropertyListCreateData(NULL, list, kCFPropertyListXMLFormat_v1_0, 0, &error) == NULL);
    CHECK_EQ(CFErrorGetCode(error), kCFPropertyListWriteStreamError);
    CFRelease(error);
}

static void test_what_cannot_be_written(void)
{
    check_not_writable(NULL);
    check_not_writable(kCFNull);
    check_not_writable(CFSTR("bell\x07"));
    check_not_writable(CFSTR("\xEF\xBF\xBE"));
    CFDateRef date = CFDateCreate(NULL, 1e13);
    check_not_writable(date);
    const void *key = date, *value = CFSTR("v");
    CFDictionaryRef dict = CFDictionaryCreate(NULL, &key, &value, 1, &kCFTypeDictionaryKeyCallBacks,
                                              &kCFTypeDictionaryValueCallBacks);
    check_not_writable(dict);
    CFRelease(dict);
    dict = CFDictionaryCreate(NULL, &value, &value, 1, NULL, NULL);
    check_not_writable(dict);
    CFRelease(dict);
    CFRelease(date);
    CHECK(CFPropertyListCreateData(NULL, CFSTR("a"), kCFPropertyListBinaryFormat_v1_0, 0, NULL) == NULL);
    CHECK(!CFPropertyListIsValid(CFSTR("a"), kCFPropertyListBinaryFormat_v1_0));
}

/* Every member that a document is made of cut off at every byte: an error each time, nothing else. */
static void test_truncated_at_every_byte(void)
{
    static const char text[] =
        "<?xml version=\"1.0\"?><!DOCTYPE plist [<!-- a -->]><plist version=\"1.0\"><dict><key>a&amp;</key>"
        "<array><string><![CDATA[b]]>&#65;</string><integer>1</integer><real>1</real><true/>"
        "<data>AAAA</data><date>2001-01-01T00:00:00Z</date></array></dict></plist>";
    CFPropertyListRef whole = read_text(text);
    CHECK(whole != NULL);
    CFRelease(whole);
    for (size_t size = 0; size < sizeof text - 1; size++) {
        char *cut = malloc(size + !size); /* of its own, so that AddressSanitizer sees the end */
        memcpy(cut, text, size);
        CHECK(read_bytes(cut, size, NULL) == NULL);
        free(cut);
    }
}

int main(void)
{
    RUN(test_values);
    RUN(test_prologs);
    RUN(test_faults_and_their_lines);
    RUN(test_what_is_no_xml);
    RUN(test_encodings);
    RUN(test_nesting_is_bounded);
    RUN(test_mutability);
    RUN(test_what_cannot_be_written);
    RUN(test_truncated_at_every_byte);
    return 0;
}
