#include "cf_buffer.h"

#include "cf_encoding.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64u

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

char *cm_cf_buffer_grow(cm_cf_buffer *buffer, size_t size)
{
    if (buffer->failed || size > (size_t)PTRDIFF_MAX - buffer->size - 1) {
        buffer->failed = true;
        return NULL;
    }
    size_t wanted = buffer->size + size + 1;
    if (wanted > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
        while (capacity < wanted)
            capacity += capacity / 2;
        char *bytes = realloc(buffer->bytes, capacity);
        if (!bytes) {
            buffer->failed = true;
            return NULL;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    char *room = buffer->bytes + buffer->size;
    buffer->size += size;
    buffer->bytes[buffer->size] = '\0';
    return room;
}

void cm_cf_buffer_put(cm_cf_buffer *buffer, const void *bytes, size_t size)
{
    char *room = cm_cf_buffer_grow(buffer, size);
    if (room && size)
        memcpy(room, bytes, size);
}

void cm_cf_buffer_text(cm_cf_buffer *buffer, const char *text)
{
    cm_cf_buffer_put(buffer, text, strlen(text));
}

void cm_cf_buffer_byte(cm_cf_buffer *buffer, char byte, size_t times)
{
    char *room = cm_cf_buffer_grow(buffer, times);
    if (room)
        memset(room, byte, times);
}

void cm_cf_buffer_scalar(cm_cf_buffer *buffer, uint32_t scalar)
{
    UInt8 bytes[4];
    cm_cf_buffer_put(buffer, bytes, cm_cf_utf8_put(scalar, bytes));
}

void cm_cf_buffer_printf(cm_cf_buffer *buffer, const char *format, ...)
{
    pthread_once(&c_locale_once, make_c_locale);
    locale_t callers = uselocale(c_locale);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *room = size > 0 ? cm_cf_buffer_grow(buffer, (size_t)size) : NULL;
    if (room) {
        va_start(arguments, format);
        vsnprintf(room, (size_t)size + 1, format, arguments);
        va_end(arguments);
    }
    uselocale(callers);
}

void cm_cf_buffer_real(cm_cf_buffer *buffer, double value)
{
    if (isnan(value)) {
        cm_cf_buffer_text(buffer, "nan");
        return;
    }
    if (isinf(value)) {
        cm_cf_buffer_text(buffer, value > 0 ? "+infinity" : "-infinity");
        return;
    }
    size_t start = buffer->size;
    for (int digits = 15; digits <= 17; digits++) {
        buffer->size = start;
        cm_cf_buffer_printf(buffer, "%.*g", digits, value);
        if (buffer->failed || cm_cf_real_parse(buffer->bytes + start, NULL) == value)
            return;
    }
}

double cm_cf_real_parse(const char *text, char **end)
{
    pthread_once(&c_locale_once, make_c_locale);
    return strtod_l(text, end, c_locale);
}

void cm_cf_buffer_free(cm_cf_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (cm_cf_buffer){ 0 };
}
