#include "cf_date.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_DAY 86400
#define UNIX_DAYS 11323 /* from 1970-01-01 to 2001-01-01 */

struct __CFDate {
    cm_cf_object object;
    CFAbsoluteTime at;
};

const CFTimeInterval kCFAbsoluteTimeIntervalSince1970 = (double)UNIX_DAYS * SECONDS_PER_DAY;

/* Days from 0000-03-01 in the Gregorian calendar: years begin in March, so that the leap day comes last. */
static long days_of(long year, long month, long day)
{
    long y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
}

#define EPOCH days_of(2001, 1, 1)

static void date_of(long days, long *year, long *month, long *day)
{
    long y = (days * 400 + 399) / 146097;
    while (days_of(y, 3, 1) > days)
        y--;
    while (days_of(y + 1, 3, 1) <= days)
        y++;
    long rest = days - days_of(y, 3, 1), m = (5 * rest + 2) / 153;
    *day = rest - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = m < 10 ? y : y + 1;
}

static long days_in_month(long year, long month)
{
    return month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1);
}

bool cm_cf_date_text(CFAbsoluteTime at, cm_cf_buffer *out)
{
    double days = floor(at / SECONDS_PER_DAY);
    if (!(days >= (double)(days_of(1, 1, 1) - EPOCH) && days < (double)(days_of(10000, 1, 1) - EPOCH)))
        return false;
    long year, month, day, second = (long)floor(at - days * SECONDS_PER_DAY);
    date_of((long)days + EPOCH, &year, &month, &day);
    cm_cf_buffer_printf(out, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ldZ", year, month, day, second / 3600,
                        second / 60 % 60, second % 60);
    return true;
}

static bool read_field(const char **at, const char *end, size_t digits, long lowest, long highest,
                       long *value)
{
    if ((size_t)(end - *at) < digits)
        return false;
    long number = 0;
    for (size_t i = 0; i < digits; i++, ++*at) {
        if (**at < '0' || **at > '9')
            return false;
        number = number * 10 + (**at - '0');
    }
    *value = number;
    return number >= lowest && number <= highest;
}

bool cm_cf_date_parse(const char *text, size_t size, CFAbsoluteTime *at)
{
    static const struct {
        char before;
        size_t digits;
        long lowest, highest;
    } fields[] = { { 0, 4, 1, 9999 }, { '-', 2, 1, 12 }, { '-', 2, 1, 31 },
                   { 'T', 2, 0, 23 }, { ':', 2, 0, 59 }, { ':', 2, 0, 59 } };
    long values[] = { 1, 1, 1, 0, 0, 0 };
    const char *end = text + size;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (i && (text == end || *text != fields[i].before))
            break;
        text += i != 0;
        if (!read_field(&text, end, fields[i].digits, fields[i].lowest, fields[i].highest, &values[i]))
            return false;
    }
    if (end - text != 1 || *text != 'Z' || values[2] > days_in_month(values[0], values[1]))
        return false;
    long days = days_of(values[0], values[1], values[2]) - EPOCH;
    *at = (double)days * SECONDS_PER_DAY + (double)(values[3] * 3600 + values[4] * 60 + values[5]);
    return true;
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    return ((CFDateRef)a)->at == ((CFDateRef)b)->at;
}

static CFHashCode hash(CFTypeRef object)
{
    double at = ((CFDateRef)object)->at + 0.0; /* makes -0 the 0 that it equals */
    uint64_t bits;
    memcpy(&bits, &at, sizeof bits);
    return cm_cf_hash_word(bits);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    CFDateRef date = object;
    if (!cm_cf_date_text(date->at, out)) {
        cm_cf_buffer_real(out, date->at);
        cm_cf_buffer_text(out, " s since 2001-01-01T00:00:00Z");
    }
}

const cm_cf_class cm_cf_date_class = { .name = "CFDate", .equal = equal, .hash = hash, .describe = describe };

CFTypeID CFDateGetTypeID(void)
{
    return CM_CF_DATE;
}

CFDateRef CFDateCreate(CFAllocatorRef alloc, CFAbsoluteTime at)
{
    (void)alloc;
    struct __CFDate *date = cm_cf_new(CM_CF_DATE, sizeof *date);
    if (date)
        date->at = at;
    return date;
}

CFAbsoluteTime CFDateGetAbsoluteTime(CFDateRef date)
{
    return cm_cf_is(date, CM_CF_DATE) ? date->at : 0;
}

CFAbsoluteTime CFAbsoluteTimeGetCurrent(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec - kCFAbsoluteTimeIntervalSince1970 + (double)now.tv_nsec * 1e-9;
}
