/*
 * CFStringCreateWithFormat: printf's conversions with arguments in order or by number ("%2$d"), %@ for
 * objects, %S and %C for UTF-16. Bytes of %s are UTF-8; where they are not, Mac Roman. %n does not exist.
 *
 * Arguments can be fetched only in their order and by their types, so the format is read twice: first for
 * what types stand where, then to print.
 */
#include "cf_encoding.h"
#include "cf_string.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ARGUMENTS 64
#define MAX_WIDTH 65535
#define NONE (-1)

typedef enum {
    KIND_NONE,
    KIND_INT,
    KIND_LONG,
    KIND_LONG_LONG,
    KIND_DOUBLE,
    KIND_LONG_DOUBLE,
    KIND_POINTER
} kind;

typedef union value {
    long long integer;
    double real;
    long double long_real;
    const void *pointer;
} value;

typedef struct arguments {
    kind kinds[MAX_ARGUMENTS];
    value values[MAX_ARGUMENTS];
    int count; /* one past the highest used */
    int next;  /* the one that a conversion without a number takes */
} arguments;

/* Widths and precisions are numbers, or indexes of arguments when they are written as a star. */
typedef struct conversion {
    char flags[8];
    int width, precision; /* NONE when absent */
    int width_argument, precision_argument;
    int argument;
    char length[3];
    char letter;
} conversion;

static const char integer_letters[] = "dioxXucCDOU";
static const char real_letters[] = "fFeEgGaA";
static const char pointer_letters[] = "sSp@";

static bool is_one_of(const char *set, char c)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static kind kind_of(const conversion *c)
{
    if (is_one_of(pointer_letters, c->letter))
        return KIND_POINTER;
    if (is_one_of(real_letters, c->letter))
        return strcmp(c->length, "L") == 0 ? KIND_LONG_DOUBLE : KIND_DOUBLE;
    if (is_one_of("cC", c->letter))
        return KIND_INT;
    if (strcmp(c->length, "ll") == 0 || strcmp(c->length, "q") == 0)
        return KIND_LONG_LONG;
    /* intmax_t, size_t and ptrdiff_t are long on the platforms that the engine is built for. */
    return is_one_of("lzjt", c->length[0]) || is_one_of("DOU", c->letter) ? KIND_LONG : KIND_INT;
}

static bool use_argument(arguments *args, int index, kind as)
{
    if (index < 0 || index >= MAX_ARGUMENTS)
        return false;
    while (args->count <= index)
        args->kinds[args->count++] = KIND_NONE;
    bool agrees = args->kinds[index] == KIND_NONE || args->kinds[index] == as;
    args->kinds[index] = as;
    return agrees;
}

static int read_number(const char **at)
{
    int number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        number = number > MAX_WIDTH ? MAX_WIDTH : number * 10 + (**at - '0');
    return number > MAX_WIDTH ? MAX_WIDTH : number;
}

/* "12$": moves past it and returns 11; otherwise stays and returns NONE. */
static int read_position(const char **at)
{
    const char *from = *at;
    int number = read_number(&from);
    if (number < 1 || *from != '$')
        return NONE;
    *at = from + 1;
    return number - 1;
}

static bool read_width(const char **at, arguments *args, int *number, int *argument)
{
    if (**at != '*') {
        *number = read_number(at);
        return true;
    }
    ++*at;
    int position = read_position(at);
    *argument = position != NONE ? position : args->next++;
    return use_argument(args, *argument, KIND_INT);
}

/* Reads what follows a '%'. */
static bool read_conversion(const char **at, arguments *args, conversion *c)
{
    *c = (conversion){ .width = NONE, .precision = NONE, .width_argument = NONE, .precision_argument = NONE };
    int position = read_position(at);
    for (size_t i = 0; is_one_of("-+ #0'", **at); ++*at)
        if (i < sizeof c->flags - 2 && !strchr(c->flags, **at))
            c->flags[i++] = **at;
    if ((**at == '*' || (**at >= '1' && **at <= '9')) && !read_width(at, args, &c->width, &c->width_argument))
        return false;
    if (**at == '.') {
        ++*at;
        if (!read_width(at, args, &c->precision, &c->precision_argument))
            return false;
    }
    for (size_t i = 0; is_one_of("hlqjztL", **at); ++*at)
        if (i < sizeof c->length - 1)
            c->length[i++] = **at;
    c->letter = **at;
    if (!is_one_of(integer_letters, c->letter) && !is_one_of(real_letters, c->letter) &&
        !is_one_of(pointer_letters, c->letter))
        return false;
    if (is_one_of("sc", c->letter) && is_one_of("l", c->length[0])) /* wchar_t */
        return false;
    ++*at;
    c->argument = position != NONE ? position : args->next++;
    return use_argument(args, c->argument, kind_of(c));
}

static void fetch(arguments *args, va_list *from)
{
    for (int i = 0; i < args->count; i++) {
        value *to = &args->values[i];
        switch (args->kinds[i]) {
        case KIND_NONE: /* skipped by number */
        case KIND_INT:
            to->integer = va_arg(*from, int);
            break;
        case KIND_LONG:
            to->integer = va_arg(*from, long);
            break;
        case KIND_LONG_LONG:
            to->integer = va_arg(*from, long long);
            break;
        case KIND_DOUBLE:
            to->real = va_arg(*from, double);
            break;
        case KIND_LONG_DOUBLE:
            to->long_real = va_arg(*from, long double);
            break;
        case KIND_POINTER:
            to->pointer = va_arg(*from, const void *);
            break;
        }
    }
}

/*
 * Replaces starred widths by the arguments' values: a negative width means to the left, a negative precision
 * none.
 */
static void settle_widths(conversion *c, const arguments *args)
{
    if (c->width_argument != NONE) {
        long long width = args->values[c->width_argument].integer;
        if (width < 0 && !strchr(c->flags, '-'))
            c->flags[strlen(c->flags)] = '-';
        width = width < 0 ? -width : width;
        c->width = width > MAX_WIDTH ? MAX_WIDTH : (int)width;
    }
    if (c->precision_argument != NONE) {
        long long precision = args->values[c->precision_argument].integer;
        c->precision = precision < 0 ? NONE : precision > MAX_WIDTH ? MAX_WIDTH : (int)precision;
    }
}

/* The argument cut to the conversion's width, as printf's %jd and %ju want it. */
static long long integer_of(const conversion *c, const arguments *args)
{
    long long given = args->values[c->argument].integer;
    bool is_signed = is_one_of("di", c->letter);
    if (strcmp(c->length, "hh") == 0)
        return is_signed ? (signed char)given : (unsigned char)given;
    if (strcmp(c->length, "h") == 0)
        return is_signed ? (short)given : (unsigned short)given;
    if (kind_of(c) == KIND_INT)
        return is_signed ? (int)given : (long long)(unsigned)given;
    return given;
}

/* Gives one number to printf with the conversion's own flags; the format is made from checked parts. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void print_number(const conversion *c, const arguments *args, cm_cf_buffer *out)
{
    kind as = kind_of(c);
    char letter = c->letter == 'D' ? 'd' : c->letter == 'O' ? 'o' : c->letter == 'U' ? 'u' : c->letter;
    char width[16] = "", precision[16] = "", format[64];
    if (c->width != NONE)
        snprintf(width, sizeof width, "%d", c->width);
    if (c->precision != NONE)
        snprintf(precision, sizeof precision, ".%d", c->precision);
    const char *length = as == KIND_DOUBLE || as == KIND_POINTER ? "" : as == KIND_LONG_DOUBLE ? "L" : "j";
    snprintf(format, sizeof format, "%%%s%s%s%s%c", c->flags, width, precision, length, letter);
    if (as == KIND_DOUBLE)
        cm_cf_buffer_printf(out, format, args->values[c->argument].real);
    else if (as == KIND_LONG_DOUBLE)
        cm_cf_buffer_printf(out, format, args->values[c->argument].long_real);
    else if (as == KIND_POINTER)
        cm_cf_buffer_printf(out, format, args->values[c->argument].pointer);
    else
        cm_cf_buffer_printf(out, format, (intmax_t)integer_of(c, args));
}
#pragma GCC diagnostic pop

static size_t scalars_in(const cm_cf_buffer *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->size; i++)
        count += (text->bytes[i] & 0xC0) != 0x80;
    return count;
}

/* Appends text padded to the width, which counts characters. Frees text. */
static void print_text(const conversion *c, cm_cf_buffer *text, cm_cf_buffer *out)
{
    size_t count = scalars_in(text),
           pad = c->width > 0 && (size_t)c->width > count ? (size_t)c->width - count : 0;
    bool left = strchr(c->flags, '-') != NULL;
    if (!left)
        cm_cf_buffer_byte(out, ' ', pad);
    if (text->size)
        cm_cf_buffer_put(out, text->bytes, text->size);
    if (left)
        cm_cf_buffer_byte(out, ' ', pad);
    out->failed = out->failed || text->failed;
    cm_cf_buffer_free(text);
}

/* size bytes of a C string; a character that a precision cut in two is dropped. */
static void bytes_as_text(const char *bytes, size_t size, bool cut, cm_cf_buffer *text)
{
    CFIndex length;
    bool ascii;
    size_t whole = size;
    while (cut && whole > 0 && size - whole < 3 && !cm_cf_utf8_scan(bytes, whole, &length, &ascii))
        whole--;
    if (cm_cf_utf8_scan(bytes, whole, &length, &ascii))
        cm_cf_buffer_put(text, bytes, whole);
    else
        cm_cf_encoding_decode(cm_cf_encoding_find(kCFStringEncodingMacRoman), (const UInt8 *)bytes, size,
                              text);
}

static void print_bytes(const conversion *c, const char *bytes, cm_cf_buffer *out)
{
    cm_cf_buffer text = { 0 };
    if (!bytes)
        bytes = "(null)";
    size_t size = c->precision == NONE ? strlen(bytes) : strnlen(bytes, (size_t)c->precision);
    bytes_as_text(bytes, size, c->precision != NONE, &text);
    print_text(c, &text, out);
}

/* UTF-16 up to a NUL or the precision; a lone surrogate becomes U+FFFD. */
static void print_units(const conversion *c, const UniChar *units, int precision, cm_cf_buffer *out)
{
    const cm_cf_encoding *utf16 = cm_cf_encoding_find(kCFStringEncodingUTF16LE);
    cm_cf_buffer text = { 0 };
    size_t size = 0;
    while (units && (precision == NONE || size < (size_t)precision) && units[size])
        size++;
    const UInt8 *at = (const UInt8 *)units;
    for (const UInt8 *end = size ? at + size * sizeof *units : at; at < end;) {
        uint32_t scalar;
        if (!utf16->next(utf16, &at, end, &scalar)) {
            scalar = 0xFFFD;
            at += sizeof *units;
        }
        cm_cf_buffer_scalar(&text, scalar);
    }
    print_text(c, &text, out);
}

static void print_object(const conversion *c, CFTypeRef object, cm_cf_buffer *out)
{
    cm_cf_buffer text = { 0 };
    cm_cf_describe(object, &text);
    size_t keep = 0;
    for (int left = c->precision; c->precision != NONE && keep < text.size; keep++)
        if ((text.bytes[keep] & 0xC0) != 0x80 && left-- == 0) {
            text.size = keep;
            break;
        }
    print_text(c, &text, out);
}

static void print(conversion *c, const arguments *args, cm_cf_buffer *out)
{
    settle_widths(c, args);
    const void *pointer = args->values[c->argument].pointer;
    char byte = (char)args->values[c->argument].integer;
    UniChar unit = (UniChar)args->values[c->argument].integer;
    cm_cf_buffer text = { 0 };
    switch (c->letter) {
    case '@':
        print_object(c, pointer, out);
        break;
    case 's':
        print_bytes(c, pointer, out);
        break;
    case 'S':
        print_units(c, pointer, c->precision, out);
        break;
    case 'C':
        print_units(c, &unit, 1, out);
        break;
    case 'c':
        cm_cf_encoding_decode(cm_cf_encoding_find(kCFStringEncodingMacRoman), (const UInt8 *)&byte, 1, &text);
        print_text(c, &text, out);
        break;
    default:
        print_number(c, args, out);
    }
}

/* Reads the whole format; prints into out unless that is NULL. False for a format that does not exist. */
static bool walk(CFStringRef format, arguments *args, cm_cf_buffer *out)
{
    const char *at = format->bytes, *end = at + format->size;
    args->next = 0;
    while (at < end) {
        const char *percent = memchr(at, '%', (size_t)(end - at));
        const char *plain_end = percent ? percent : end;
        if (out)
            cm_cf_buffer_put(out, at, (size_t)(plain_end - at));
        if (!percent)
            return true;
        at = percent + 1;
        if (*at == '%') {
            if (out)
                cm_cf_buffer_byte(out, '%', 1);
            at++;
            continue;
        }
        conversion c;
        if (!read_conversion(&at, args, &c))
            return false;
        if (out)
            print(&c, args, out);
    }
    return true;
}

static bool format_text(CFStringRef format, va_list *from, cm_cf_buffer *out)
{
    arguments args = { .count = 0 };
    if (!cm_cf_as_string(format) || !walk(format, &args, NULL))
        return false;
    fetch(&args, from);
    return walk(format, &args, out);
}

CFStringRef CFStringCreateWithFormatAndArguments(CFAllocatorRef alloc, CFTypeRef options, CFStringRef format,
                                                 va_list arguments_given)
{
    (void)alloc;
    if (options)
        return NULL;
    cm_cf_buffer text = { 0 };
    va_list from;
    va_copy(from, arguments_given);
    bool ok = format_text(format, &from, &text);
    va_end(from);
    if (!ok) {
        cm_cf_buffer_free(&text);
        return NULL;
    }
    return cm_cf_string_take(&text);
}

CFStringRef CFStringCreateWithFormat(CFAllocatorRef alloc, CFTypeRef options, CFStringRef format, ...)
{
    va_list given;
    va_start(given, format);
    CFStringRef str = CFStringCreateWithFormatAndArguments(alloc, options, format, given);
    va_end(given);
    return str;
}

void CFStringAppendFormat(CFMutableStringRef str, CFTypeRef options, CFStringRef format, ...)
{
    va_list given;
    va_start(given, format);
    CFStringRef appended = CFStringCreateWithFormatAndArguments(NULL, options, format, given);
    va_end(given);
    CFStringAppend(str, appended);
    CFRelease(appended);
}
