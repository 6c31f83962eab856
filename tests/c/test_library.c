/* Libraries of the machine that are opened at run time. libz is on every system that has dpkg or Python. */
#include "check.h"

#include "base/library.h"

#include <string.h>

extern const char *zlibVersion(void);
extern unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length);
extern int no_such_function(void);

enum { MISSING = -4711 };

static struct {
    CM_SYMBOL_OF(zlibVersion);
    CM_SYMBOL_OF(crc32);
    CM_SYMBOL_OF(no_such_function);
} z;

static void test_symbols_work(void)
{
    static const cm_symbol symbols[] = { CM_SYMBOL(z, zlibVersion), CM_SYMBOL(z, crc32),
                                         CM_SYMBOL_OPTIONAL(z, no_such_function) };
    static cm_library library = { .file = "libz.so.1", .advice = "needs zlib", CM_SYMBOLS(symbols) };
    z.no_such_function = (int (*)(void))(size_t)1;
    CHECK_EQ(cm_library_open(&library, MISSING), 0);
    CHECK_EQ(cm_library_open(&library, MISSING), 0);
    CHECK(z.zlibVersion()[0] == '1');
    CHECK_EQ(z.crc32(0, (const unsigned char *)"123456789", 9), 0xCBF43926); /* the check value of CRC-32 */
    CHECK(z.no_such_function == NULL);
}

static void test_missing_library(void)
{
    static const cm_symbol symbols[] = { CM_SYMBOL(z, zlibVersion) };
    static cm_library library = { .file = "libnowhere.so.7", .advice = "needs nowhere", CM_SYMBOLS(symbols) };
    CHECK_EQ(cm_library_open(&library, MISSING), MISSING);
    CHECK(cm_detail(MISSING) && strstr(cm_detail(MISSING), "needs nowhere"));
    CHECK(strstr(cm_detail(MISSING), "libnowhere.so.7"));
    CHECK_EQ(cm_library_open(&library, MISSING), MISSING);
}

static void test_missing_symbol(void)
{
    static const cm_symbol symbols[] = { CM_SYMBOL(z, zlibVersion), CM_SYMBOL(z, no_such_function) };
    static cm_library library = { .file = "libz.so.1", .advice = "needs zlib 9", CM_SYMBOLS(symbols) };
    CHECK_EQ(cm_library_open(&library, MISSING), MISSING);
    CHECK(strstr(cm_detail(MISSING), "no_such_function"));
}

int main(void)
{
    RUN(test_symbols_work);
    RUN(test_missing_library);
    RUN(test_missing_symbol);
    return 0;
}
