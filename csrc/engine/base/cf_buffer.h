/*
 * cf_buffer.h: bytes that grow while a text or a document is put together.
 *
 * A failed allocation is remembered instead of reported by each call: the one who takes the result asks once.
 * Start with a zeroed struct. All functions are [any]; one buffer is used by one thread.
 */
#ifndef CM_BASE_CF_BUFFER_H
#define CM_BASE_CF_BUFFER_H

#include "status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cm_cf_buffer {
    char *bytes; /* size bytes and, whenever there are any, a NUL after them; owned, from malloc */
    size_t size;
    size_t capacity;
    bool failed; /* there was no memory: the content is incomplete */
} cm_cf_buffer;

/* Appends size zero bytes' worth of room and returns it, or NULL when there is no memory. */
char *cm_cf_buffer_grow(cm_cf_buffer *buffer, size_t size);

void cm_cf_buffer_put(cm_cf_buffer *buffer, const void *bytes, size_t size);
void cm_cf_buffer_text(cm_cf_buffer *buffer, const char *text);
void cm_cf_buffer_byte(cm_cf_buffer *buffer, char byte, size_t times);

/* Appends a Unicode scalar value as UTF-8. */
void cm_cf_buffer_scalar(cm_cf_buffer *buffer, uint32_t scalar);

/* Numbers are printed with a point, whatever the process's locale. */
void cm_cf_buffer_printf(cm_cf_buffer *buffer, const char *format, ...) CM_PRINTF(2, 3);

/* The shortest decimal text that reads back as the same value; "nan", "+infinity", "-infinity". */
void cm_cf_buffer_real(cm_cf_buffer *buffer, double value);

/* strtod with a decimal point, whatever the process's locale. */
double cm_cf_real_parse(const char *text, char **end);

/* Frees the bytes and starts again. */
void cm_cf_buffer_free(cm_cf_buffer *buffer);

#endif
