#include "cf_number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/*
 * A value is a real, or an integer that is `integer`, or, when `above` is set, one from 2^63 to 2^64 - 1
 * whose bits are in `integer`.
 */
struct __CFNumber {
    cm_cf_object object;
    CFNumberType type; /* SInt8 .. Float64: never one of the C names */
    bool is_real;
    bool above;
    int64_t integer;
    double real;
};

struct __CFBoolean {
    cm_cf_object object;
    bool value;
};

static const struct __CFBoolean true_object = { CM_CF_CONSTANT(CM_CF_BOOLEAN), true };
static const struct __CFBoolean false_object = { CM_CF_CONSTANT(CM_CF_BOOLEAN), false };
const CFBooleanRef kCFBooleanTrue = &true_object;
const CFBooleanRef kCFBooleanFalse = &false_object;

CFTypeID CFBooleanGetTypeID(void)
{
    return CM_CF_BOOLEAN;
}

Boolean CFBooleanGetValue(CFBooleanRef boolean)
{
    return cm_cf_is(boolean, CM_CF_BOOLEAN) && boolean->value;
}

static void describe_boolean(CFTypeRef object, cm_cf_buffer *out)
{
    cm_cf_buffer_text(out, ((CFBooleanRef)object)->value ? "true" : "false");
}

const cm_cf_class cm_cf_boolean_class = { .name = "CFBoolean", .describe = describe_boolean };

/* The fixed-size type that each type is, by number. */
static const CFNumberType fixed_types[kCFNumberMaxType + 1] = {
    [kCFNumberSInt8Type] = kCFNumberSInt8Type,      [kCFNumberSInt16Type] = kCFNumberSInt16Type,
    [kCFNumberSInt32Type] = kCFNumberSInt32Type,    [kCFNumberSInt64Type] = kCFNumberSInt64Type,
    [kCFNumberFloat32Type] = kCFNumberFloat32Type,  [kCFNumberFloat64Type] = kCFNumberFloat64Type,
    [kCFNumberCharType] = kCFNumberSInt8Type,       [kCFNumberShortType] = kCFNumberSInt16Type,
    [kCFNumberIntType] = kCFNumberSInt32Type,       [kCFNumberLongType] = kCFNumberSInt64Type,
    [kCFNumberLongLongType] = kCFNumberSInt64Type,  [kCFNumberFloatType] = kCFNumberFloat32Type,
    [kCFNumberDoubleType] = kCFNumberFloat64Type,   [kCFNumberCFIndexType] = kCFNumberSInt64Type,
    [kCFNumberNSIntegerType] = kCFNumberSInt64Type, [kCFNumberCGFloatType] = kCFNumberFloat64Type,
};

/* Sizes of the fixed types; 1, 2, 4 and 8 bytes for the integers in order. */
static const UInt8 type_sizes[] = { 0, 1, 2, 4, 8, 4, 8 };

static CFNumberType fixed_type(CFNumberType type)
{
    return type > 0 && type <= kCFNumberMaxType ? fixed_types[type] : 0;
}

static bool is_real_type(CFNumberType fixed)
{
    return fixed == kCFNumberFloat32Type || fixed == kCFNumberFloat64Type;
}

static const struct __CFNumber *as_number(CFNumberRef number)
{
    return cm_cf_is(number, CM_CF_NUMBER) ? number : NULL;
}

/* Exact order of an integer (as in struct __CFNumber) and a real that is no NaN. */
static CFComparisonResult compare_integer_real(const struct __CFNumber *integer, double real)
{
    if (real >= 0x1p64 || (real >= 0x1p63 && !integer->above))
        return kCFCompareLessThan;
    if (real < -0x1p63 || (real < 0x1p63 && integer->above))
        return kCFCompareGreaterThan;
    double whole = floor(real);
    if (integer->above) {
        uint64_t a = (uint64_t)integer->integer, b = (uint64_t)whole;
        return a < b ? kCFCompareLessThan : a > b ? kCFCompareGreaterThan : kCFCompareEqualTo;
    }
    int64_t a = integer->integer, b = (int64_t)whole;
    if (a != b)
        return a < b ? kCFCompareLessThan : kCFCompareGreaterThan;
    return real > whole ? kCFCompareLessThan : kCFCompareEqualTo;
}

static CFComparisonResult compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b)) /* NaN is equal to itself and before everything else, so that order is total */
        return isnan(a) - isnan(b) == 0 ? kCFCompareEqualTo
               : isnan(a)               ? kCFCompareLessThan
                                        : kCFCompareGreaterThan;
    return a < b ? kCFCompareLessThan : a > b ? kCFCompareGreaterThan : kCFCompareEqualTo;
}

static CFComparisonResult compare(const struct __CFNumber *a, const struct __CFNumber *b)
{
    if (a->is_real && b->is_real)
        return compare_reals(a->real, b->real);
    if (a->is_real)
        return isnan(a->real) ? kCFCompareLessThan : -compare_integer_real(b, a->real);
    if (b->is_real)
        return isnan(b->real) ? kCFCompareGreaterThan : compare_integer_real(a, b->real);
    if (a->above != b->above)
        return a->above ? kCFCompareGreaterThan : kCFCompareLessThan;
    return a->integer < b->integer   ? kCFCompareLessThan
           : a->integer > b->integer ? kCFCompareGreaterThan
                                     : kCFCompareEqualTo;
}

static bool equal(CFTypeRef a, CFTypeRef b)
{
    return compare(a, b) == kCFCompareEqualTo;
}

/* A real with an integer's value hashes as that integer. */
static CFHashCode hash(CFTypeRef object)
{
    const struct __CFNumber *number = object;
    double real = number->real;
    if (!number->is_real)
        return cm_cf_hash_word((uint64_t)number->integer);
    if (real == floor(real) && real >= -0x1p63 && real < 0x1p64)
        return cm_cf_hash_word(real < 0x1p63 ? (uint64_t)(int64_t)real : (uint64_t)real);
    uint64_t bits = 0;
    if (!isnan(real))
        memcpy(&bits, &real, sizeof bits);
    return cm_cf_hash_word(bits);
}

void cm_cf_number_text(CFNumberRef number, cm_cf_buffer *out)
{
    if (number->is_real)
        cm_cf_buffer_real(out, number->real);
    else if (number->above)
        cm_cf_buffer_printf(out, "%" PRIu64, (uint64_t)number->integer);
    else
        cm_cf_buffer_printf(out, "%" PRId64, number->integer);
}

static void describe(CFTypeRef object, cm_cf_buffer *out)
{
    cm_cf_number_text(object, out);
}

const cm_cf_class cm_cf_number_class = {
    .name = "CFNumber",
    .equal = equal,
    .hash = hash,
    .describe = describe,
};

CFTypeID CFNumberGetTypeID(void)
{
    return CM_CF_NUMBER;
}

static int64_t load_integer(CFNumberType fixed, const void *value)
{
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (type_sizes[fixed]) {
    case 1:
        return memcpy(&i8, value, sizeof i8), i8;
    case 2:
        return memcpy(&i16, value, sizeof i16), i16;
    case 4:
        return memcpy(&i32, value, sizeof i32), i32;
    default:
        return memcpy(&i64, value, sizeof i64), i64;
    }
}

static double load_real(CFNumberType fixed, const void *value)
{
    float f32;
    double f64;
    if (fixed == kCFNumberFloat32Type)
        return memcpy(&f32, value, sizeof f32), (double)f32;
    return memcpy(&f64, value, sizeof f64), f64;
}

CFNumberRef CFNumberCreate(CFAllocatorRef alloc, CFNumberType type, const void *value)
{
    (void)alloc;
    CFNumberType fixed = fixed_type(type);
    struct __CFNumber *number = fixed && value ? cm_cf_new(CM_CF_NUMBER, sizeof *number) : NULL;
    if (!number)
        return NULL;
    number->type = fixed;
    number->is_real = is_real_type(fixed);
    if (number->is_real)
        number->real = load_real(fixed, value);
    else
        number->integer = load_integer(fixed, value);
    return number;
}

CFNumberRef cm_cf_number_new_unsigned(uint64_t value)
{
    struct __CFNumber *number = cm_cf_new(CM_CF_NUMBER, sizeof *number);
    if (!number)
        return NULL;
    number->type = kCFNumberSInt64Type;
    number->above = value > INT64_MAX;
    number->integer = (int64_t)value;
    return number;
}

CFNumberType CFNumberGetType(CFNumberRef number)
{
    return as_number(number) ? number->type : 0;
}

CFIndex CFNumberGetByteSize(CFNumberRef number)
{
    return as_number(number) ? type_sizes[number->type] : 0;
}

Boolean CFNumberIsFloatType(CFNumberRef number)
{
    return as_number(number) && number->is_real;
}

/* The integer nearest towards zero within limit bits; NaN is 0. */
static int64_t to_integer(const struct __CFNumber *number, int64_t lowest, int64_t highest, bool *exact)
{
    *exact = false;
    if (number->above)
        return highest;
    if (number->is_real && !(number->real > -0x1p63 && number->real < 0x1p63)) {
        *exact = number->real == -0x1p63 && lowest == INT64_MIN;
        return isnan(number->real) ? 0 : number->real < 0 ? lowest : highest;
    }
    int64_t whole = number->is_real ? (int64_t)number->real : number->integer;
    if (whole < lowest || whole > highest)
        return whole < lowest ? lowest : highest;
    *exact = !number->is_real || (double)whole == number->real;
    return whole;
}

static bool store_integer(const struct __CFNumber *number, CFNumberType fixed, void *to)
{
    int64_t highest = INT64_MAX >> (64 - 8 * type_sizes[fixed]);
    bool exact;
    int64_t value = to_integer(number, -highest - 1, highest, &exact);
    memcpy(to, &value, type_sizes[fixed]); /* little-endian: the low bytes come first */
    return exact;
}

static bool store_real(const struct __CFNumber *number, CFNumberType fixed, void *to)
{
    double value = number->is_real ? number->real
                   : number->above ? (double)(uint64_t)number->integer
                                   : (double)number->integer;
    float narrow = (float)value;
    bool single = fixed == kCFNumberFloat32Type;
    memcpy(to, single ? (const void *)&narrow : &value, type_sizes[fixed]);
    double stored = single ? (double)narrow : value;
    if (number->is_real)
        return stored == number->real || (isnan(stored) && isnan(number->real));
    return compare_integer_real(number, stored) == kCFCompareEqualTo;
}

Boolean CFNumberGetValue(CFNumberRef number, CFNumberType type, void *value)
{
    CFNumberType fixed = fixed_type(type);
    if (!as_number(number) || !fixed || !value)
        return false;
    return is_real_type(fixed) ? store_real(number, fixed, value) : store_integer(number, fixed, value);
}

CFComparisonResult CFNumberCompare(CFNumberRef a, CFNumberRef b, void *context)
{
    (void)context;
    if (!as_number(a) || !as_number(b))
        return (as_number(a) != NULL) - (as_number(b) != NULL);
    return compare(a, b);
}
