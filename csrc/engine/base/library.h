/*
 * library.h: libraries that belong to the machine (libpulse, libasound, libjack), opened at run time so that
 * the engine runs where they are missing and nothing links them.
 *
 * A user of one lists the symbols it needs once, next to a struct of typed function pointers:
 *
 *     static struct { CM_SYMBOL_OF(pa_context_new); ... } pulse;
 *     static const cm_symbol symbols[] = { CM_SYMBOL(pulse, pa_context_new), ... };
 *     static cm_library library = { .file = "libpulse.so.0", .advice = "...", CM_SYMBOLS(symbols) };
 */
#ifndef CM_BASE_LIBRARY_H
#define CM_BASE_LIBRARY_H

#include "status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct cm_symbol {
    const char *name;
    void **address; /* NULL is written where an optional one is missing */
    bool optional;  /* newer than the oldest library that will do */
} cm_symbol;

typedef struct cm_library {
    const char *file;   /* soname */
    const char *advice; /* one line: what needs it, and what to install */
    const cm_symbol *symbols;
    size_t count;
    pthread_mutex_t lock; /* all from here on is cm_library_open's own */
    void *handle;
} cm_library;

/* Declares a pointer to the function that the library's own header declares under this name. */
#define CM_SYMBOL_OF(name) __typeof__(&name) name
#define CM_SYMBOL(table, name)                                                                               \
    {                                                                                                        \
#name, (void **)&(table).name, false                                                                 \
    }
#define CM_SYMBOL_OPTIONAL(table, name)                                                                      \
    {                                                                                                        \
#name, (void **)&(table).name, true                                                                  \
    }
#define CM_SYMBOLS(list)                                                                                     \
    .symbols = (list), .count = sizeof(list) / sizeof *(list), .lock = PTHREAD_MUTEX_INITIALIZER

/*
 * [any, not render] Opens the library and fills its table. A loaded library stays for the life of the process
 * (its threads and exit handlers may outlive every use); one that is missing is looked for again at the next
 * call. Fails with status_if_missing, and with the advice and the loader's reason as text, where the library
 * or a symbol that is not optional is missing; then no pointer of the table counts.
 */
OSStatus cm_library_open(cm_library *library, OSStatus status_if_missing);

#endif
