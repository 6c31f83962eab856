/* Order and search of CFStrings. Texts are compared as they are spelled: no canonical equivalence. */
#include "cf_encoding.h"
#include "cf_string.h"

#include <string.h>

/* Order is that of UTF-16 units, in which what needs a surrogate pair comes before U+E000. */
static uint32_t utf16_order(uint32_t scalar)
{
    return scalar > 0xFFFF ? 0xD800 : scalar;
}

static CFComparisonResult order_of(uint64_t a, uint64_t b)
{
    return a < b ? kCFCompareLessThan : a > b ? kCFCompareGreaterThan : kCFCompareEqualTo;
}

static CFComparisonResult compare_scalars(uint32_t a, uint32_t b)
{
    CFComparisonResult order = order_of(utf16_order(a), utf16_order(b));
    return order ? order : order_of(a, b);
}

static bool is_digit(const char *at)
{
    return *at >= '0' && *at <= '9';
}

/* Past the leading zeros and the rest of a run of digits; *digits is where the rest begins. */
static size_t digit_run(const char **at, const char **digits)
{
    while (**at == '0')
        ++*at;
    *digits = *at;
    while (is_digit(*at))
        ++*at;
    return (size_t)(*at - *digits);
}

static CFComparisonResult compare_numbers(const char **a, const char **b)
{
    const char *a_digits, *b_digits;
    size_t a_size = digit_run(a, &a_digits), b_size = digit_run(b, &b_digits);
    if (a_size != b_size)
        return order_of(a_size, b_size);
    int order = memcmp(a_digits, b_digits, a_size);
    return order < 0 ? kCFCompareLessThan : order > 0 ? kCFCompareGreaterThan : kCFCompareEqualTo;
}

CFComparisonResult CFStringCompare(CFStringRef a, CFStringRef b, CFStringCompareFlags flags)
{
    size_t a_size, b_size;
    const char *x = cm_cf_string_bytes(a, &a_size), *y = cm_cf_string_bytes(b, &b_size);
    if (!x || !y)
        return order_of(x != NULL, y != NULL);
    const char *x_end = x + a_size, *y_end = y + b_size;
    while (x < x_end && y < y_end) {
        CFComparisonResult order;
        if ((flags & kCFCompareNumerically) && is_digit(x) && is_digit(y)) {
            order = compare_numbers(&x, &y);
        } else {
            uint32_t p = cm_cf_utf8_take(&x), q = cm_cf_utf8_take(&y);
            if (flags & kCFCompareCaseInsensitive)
                p = cm_cf_fold_case(p), q = cm_cf_fold_case(q);
            order = compare_scalars(p, q);
        }
        if (order)
            return order;
    }
    return order_of((uint64_t)(x_end - x), (uint64_t)(y_end - y));
}

/* The bytes of text that wanted matches at its start; 0 when it does not. */
static size_t match_size(const char *text, const char *end, const char *wanted, size_t size, bool fold)
{
    if (!fold)
        return (size_t)(end - text) >= size && memcmp(text, wanted, size) == 0 ? size : 0;
    const char *at = text, *wanted_end = wanted + size;
    while (wanted < wanted_end)
        if (at == end || cm_cf_fold_case(cm_cf_utf8_take(&at)) != cm_cf_fold_case(cm_cf_utf8_take(&wanted)))
            return 0;
    return (size_t)(at - text);
}

static bool starts_scalar(char byte)
{
    return (byte & 0xC0) != 0x80;
}

/*
 * The first (or last) place where wanted matches; anchored: only the very first (or one that ends at the
 * end).
 */
static const char *find(CFStringRef str, CFStringRef wanted, CFStringCompareFlags flags, size_t *matched)
{
    bool fold = flags & kCFCompareCaseInsensitive, backwards = flags & kCFCompareBackwards;
    bool anchored = flags & kCFCompareAnchored;
    const char *start = str->bytes, *end = start + str->size, *at = backwards ? end : start;
    if (!fold && !backwards && !anchored) {
        *matched = wanted->size;
        return memmem(start, str->size, wanted->bytes, wanted->size);
    }
    for (;; backwards ? at-- : at++) {
        if (at == end || starts_scalar(*at)) {
            *matched = match_size(at, end, wanted->bytes, wanted->size, fold);
            if (*matched && (!anchored || !backwards || at + *matched == end))
                return at;
            if (anchored && !backwards)
                return NULL;
        }
        if (at == (backwards ? start : end))
            return NULL;
    }
}

static CFIndex units_in(const char *bytes, size_t size)
{
    CFIndex length = 0;
    bool ascii;
    cm_cf_utf8_scan(bytes, size, &length, &ascii);
    return length;
}

CFRange CFStringFind(CFStringRef str, CFStringRef wanted, CFStringCompareFlags flags)
{
    CFRange nothing = { kCFNotFound, 0 };
    if (!cm_cf_as_string(str) || !cm_cf_as_string(wanted) || wanted->size == 0)
        return nothing;
    size_t matched = 0;
    const char *at = find(str, wanted, flags, &matched);
    if (!at)
        return nothing;
    return CFRangeMake(units_in(str->bytes, (size_t)(at - str->bytes)), units_in(at, matched));
}

Boolean CFStringHasPrefix(CFStringRef str, CFStringRef prefix)
{
    size_t size, prefix_size;
    const char *bytes = cm_cf_string_bytes(str, &size), *start = cm_cf_string_bytes(prefix, &prefix_size);
    return bytes && start && prefix_size <= size && memcmp(bytes, start, prefix_size) == 0;
}

Boolean CFStringHasSuffix(CFStringRef str, CFStringRef suffix)
{
    size_t size, suffix_size;
    const char *bytes = cm_cf_string_bytes(str, &size), *end = cm_cf_string_bytes(suffix, &suffix_size);
    return bytes && end && suffix_size <= size && memcmp(bytes + size - suffix_size, end, suffix_size) == 0;
}
