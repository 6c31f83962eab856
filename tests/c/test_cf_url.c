#include "cf_text.h"

#include <unistd.h>

static CFURLRef url_of(const char *text, CFURLRef base)
{
    CFStringRef str = utf8(text);
    CFURLRef url = CFURLCreateWithString(NULL, str, base);
    CFRelease(str);
    return url;
}

static CFURLRef path_url(const char *path, bool is_directory)
{
    return CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)path, (CFIndex)strlen(path),
                                                   is_directory);
}

static void check_path_url(const char *path, bool is_directory, const char *text, const char *back)
{
    CFURLRef url = path_url(path, is_directory);
    char buffer[256];
    CHECK_STR(text_of(CFURLGetString(url)), text);
    CHECK(CFURLGetFileSystemRepresentation(url, false, (UInt8 *)buffer, sizeof buffer));
    CHECK_STR(buffer, back);
    CFURLRef again = CFURLCreateWithString(NULL, CFURLGetString(url), NULL);
    CHECK(CFEqual(url, again) && CFHash(url) == CFHash(again));
    CHECK(CFURLGetFileSystemRepresentation(again, false, (UInt8 *)buffer, sizeof buffer));
    CHECK_STR(buffer, back);
    CFRelease(again);
    CFRelease(url);
}

static void test_paths_to_urls(void)
{
    check_path_url("/a/b c.wav", false, "file:///a/b%20c.wav", "/a/b c.wav");
    check_path_url("/a/b", true, "file:///a/b/", "/a/b");
    check_path_url("/a/b//", false, "file:///a/b", "/a/b");
    check_path_url("/", true, "file:///", "/");
    check_path_url("//x", false, "file:////x", "//x");
    check_path_url("/100%/#1?;.aif", false, "file:///100%25/%231%3F%3B.aif", "/100%/#1?;.aif");
    check_path_url("/caf\xC3\xA9", false, "file:///caf%C3%A9", "/caf\xC3\xA9");
    check_path_url("/not utf-8: \xE9\xFF", false, "file:///not%20utf-8:%20%E9%FF", "/not utf-8: \xE9\xFF");
    check_path_url("rel/x", false, "rel/x", "rel/x");
    check_path_url("a:b/c:d", false, "a%3Ab/c:d", "a:b/c:d");
    check_path_url("../up", false, "../up", "../up");
    CHECK(CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)"", 0, false) == NULL);
    CHECK(CFURLCreateFromFileSystemRepresentation(NULL, (const UInt8 *)"a\0b", 3, false) == NULL);
    CHECK(CFURLCreateFromFileSystemRepresentation(NULL, NULL, 3, false) == NULL);
    CHECK(CFURLCreateWithFileSystemPath(NULL, CFSTR(""), kCFURLPOSIXPathStyle, false) == NULL);
    CFURLRef folder = CFURLCreateWithFileSystemPath(NULL, CFSTR("/\xC3\xA9 x"), kCFURLPOSIXPathStyle, true);
    CHECK_STR(text_of(CFURLGetString(folder)), "file:///%C3%A9%20x/");
    CHECK_TEXT(CFURLCopyFileSystemPath(folder, kCFURLPOSIXPathStyle), "/\xC3\xA9 x");
    CFRelease(folder);
    CHECK(CFURLCreateWithFileSystemPath(NULL, CFSTR("a"), kCFURLWindowsPathStyle, false) == NULL);
    CFURLRef url = path_url("/caf\xE9", false);
    CHECK(CFURLCopyFileSystemPath(url, kCFURLPOSIXPathStyle) == NULL);
    CHECK(CFURLCopyLastPathComponent(url) == NULL);
    CFRelease(url);
}

static void test_relative_path_is_resolved_on_use(void)
{
    CFURLRef url = path_url("x.wav", false);
    char here[4096], expected[4200], got[4200];
    CHECK(getcwd(here, sizeof here) != NULL);
    snprintf(expected, sizeof expected, "%s/x.wav", here);
    CHECK(CFURLGetFileSystemRepresentation(url, true, (UInt8 *)got, sizeof got));
    CHECK_STR(got, expected);
    CHECK(!CFURLGetFileSystemRepresentation(url, true, (UInt8 *)got, (CFIndex)strlen(expected)));
    CHECK(!CFURLGetFileSystemRepresentation(url, false, (UInt8 *)got, 5));
    CHECK(CFURLGetFileSystemRepresentation(url, false, (UInt8 *)got, 6));
    CFRelease(url);
}

static void test_parts_of_urls(void)
{
    static const struct {
        const char *text, *scheme, *path, *last, *extension;
    } urls[] = {
        { "file:///a/b.c/d.Wav", "file", "/a/b.c/d.Wav", "d.Wav", "Wav" },
        { "file://localhost/a%20b", "file", "/a b", "a b", NULL },
        { "FILE:/x/.hidden", "FILE", "/x/.hidden", ".hidden", NULL },
        { "file:///x/..a.b", "file", "/x/..a.b", "..a.b", "b" },
        { "file:///x/dot.", "file", "/x/dot.", "dot.", NULL },
        { "file:///", "file", "/", "/", NULL },
        { "file:///dir.x/", "file", "/dir.x", "dir.x", "x" },
        { "file://elsewhere/a.b", "file", NULL, "a.b", "b" },
        { "file:///a%00b", "file", NULL, NULL, NULL },
        { "http://example.org/a/b.mp3?x=1#y", "http", NULL, "b.mp3", "mp3" },
        { "http://example.org", "http", NULL, NULL, NULL },
        { "a/b.wav", NULL, "a/b.wav", "b.wav", "wav" },
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        CFURLRef url = url_of(urls[i].text, NULL);
        CHECK(url != NULL);
        const char *expected[] = { urls[i].scheme, urls[i].path, urls[i].last, urls[i].extension };
        CFStringRef got[] = { CFURLCopyScheme(url), CFURLCopyFileSystemPath(url, kCFURLPOSIXPathStyle),
                              CFURLCopyLastPathComponent(url), CFURLCopyPathExtension(url) };
        for (int k = 0; k < 4; k++) {
            CHECK((got[k] == NULL) == (expected[k] == NULL));
            if (got[k])
                CHECK_STR(text_of(got[k]), expected[k]);
            CFRelease(got[k]);
        }
        CFRelease(url);
    }
    const char *bad[] = { "file:///a b", "file:///%", "file:///%4", "file:///%zz", "caf\xC3\xA9", "<x>", "" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(url_of(bad[i], NULL) == NULL);
}

/* The examples of RFC 3986, sections 5.4.1 and 5.4.2. */
static void test_relative_urls(void)
{
    static const char *const pairs[][2] = {
        { "g:h", "g:h" },
        { "g", "http://a/b/c/g" },
        { "./g", "http://a/b/c/g" },
        { "g/", "http://a/b/c/g/" },
        { "/g", "http://a/g" },
        { "//g", "http://g" },
        { "?y", "http://a/b/c/d;p?y" },
        { "g?y", "http://a/b/c/g?y" },
        { "#s", "http://a/b/c/d;p?q#s" },
        { "g#s", "http://a/b/c/g#s" },
        { "g?y#s", "http://a/b/c/g?y#s" },
        { ";x", "http://a/b/c/;x" },
        { "", "http://a/b/c/d;p?q" },
        { ".", "http://a/b/c/" },
        { "./", "http://a/b/c/" },
        { "..", "http://a/b/" },
        { "../", "http://a/b/" },
        { "../g", "http://a/b/g" },
        { "../..", "http://a/" },
        { "../../g", "http://a/g" },
        { "../../../g", "http://a/g" },
        { "/./g", "http://a/g" },
        { "/../g", "http://a/g" },
        { "g.", "http://a/b/c/g." },
        { "..g", "http://a/b/c/..g" },
        { "./../g", "http://a/b/g" },
        { "./g/.", "http://a/b/c/g/" },
        { "g/./h", "http://a/b/c/g/h" },
        { "g/../h", "http://a/b/c/h" },
        { "g;x=1/../y", "http://a/b/c/y" },
        { "g?y/../x", "http://a/b/c/g?y/../x" },
    };
    CFURLRef base = url_of("http://a/b/c/d;p?q", NULL);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CFURLRef url = url_of(pairs[i][0], base);
        CHECK_STR(text_of(CFURLGetString(url)), pairs[i][1]);
        CFRelease(url);
    }
    CFRelease(base);
    base = path_url("dir/file", false);
    CFURLRef url = url_of("../../x", base);
    CHECK_STR(text_of(CFURLGetString(url)), "../x");
    CFRelease(url);
    CFRelease(base);
}

static void check_appended(const char *text, const char *component, bool is_directory, const char *expected)
{
    CFURLRef url = url_of(text, NULL);
    CFStringRef part = utf8(component);
    CFURLRef made = CFURLCreateCopyAppendingPathComponent(NULL, url, part, is_directory);
    CHECK_STR(text_of(CFURLGetString(made)), expected);
    CFRelease(made);
    CFRelease(part);
    CFRelease(url);
}

static void test_append_path_component(void)
{
    check_appended("file:///a", "b c", false, "file:///a/b%20c");
    check_appended("file:///a/", "b", true, "file:///a/b/");
    check_appended("http://h", "x", false, "http://h/x");
    check_appended("http://h/p?q#f", "x:y", false, "http://h/p/x:y?q#f");
    check_appended("rel", "\xC3\xA9", false, "rel/%C3%A9");
}

static void test_fs_refs(void)
{
    char folder[] = "/tmp/cf-test-XXXXXX", path[64], got[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/a b", folder);
    CFURLRef url = path_url(path, false);
    FSRef ref, again, made_up;
    CHECK(!CFURLGetFSRef(url, &ref));
    fclose(fopen(path, "w"));
    CHECK(CFURLGetFSRef(url, &ref));
    CHECK(CFURLGetFSRef(url, &again));
    CHECK(memcmp(&ref, &again, sizeof ref) == 0);
    CFURLRef back = CFURLCreateFromFSRef(NULL, &ref);
    CHECK(CFURLGetFileSystemRepresentation(back, false, (UInt8 *)got, sizeof got));
    CHECK_STR(got, path);
    CFRelease(back);
    for (size_t i = 0; i < sizeof made_up; i++) {
        made_up = ref;
        made_up.hidden[i] ^= 1;
        CHECK(CFURLCreateFromFSRef(NULL, &made_up) == NULL);
    }
    memset(&made_up, 0, sizeof made_up);
    CHECK(CFURLCreateFromFSRef(NULL, &made_up) == NULL);
    CHECK(CFURLCreateFromFSRef(NULL, NULL) == NULL);
    CFRelease(url);
    url = path_url(folder, true);
    CHECK(CFURLGetFSRef(url, &ref));
    back = CFURLCreateFromFSRef(NULL, &ref);
    CHECK(CFEqual(back, url));
    CFRelease(back);
    CFRelease(url);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    RUN(test_paths_to_urls);
    RUN(test_relative_path_is_resolved_on_use);
    RUN(test_parts_of_urls);
    RUN(test_relative_urls);
    RUN(test_append_path_component);
    RUN(test_fs_refs);
    return 0;
}
