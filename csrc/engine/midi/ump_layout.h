/*
 * ump_layout.h: what stands where in each message of UMP 1.1 (M2-104-UM): one table that builds and reads
 * them all.
 *
 * Positions are bits from the first of the message, as in the specification's diagrams: bit 0 is the highest
 * of word 0, bit 32 that of word 1. Messages that carry a run of bytes (system exclusive, text, names) say
 * where it starts.
 */
#ifndef CM_MIDI_UMP_LAYOUT_H
#define CM_MIDI_UMP_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

enum { CM_UMP_MAX_FIELDS = 19 };

typedef struct {
    const char *name; /* NULL ends a layout's fields */
    uint8_t at;       /* first bit, 0 .. 127 */
    uint8_t bits;     /* 1 .. 32, within one word */
} cm_ump_field;

typedef struct {
    const char *name;
    uint32_t mask, match; /* a message is of this layout when word 0 & mask == match */
    uint8_t bytes_at;     /* bit where a run of bytes starts; 0 none */
    uint8_t bytes_max;    /* in one message */
    uint8_t count_at; /* bit of the 4 bits that tell how many bytes are used; 0: all, unused ones are zero */
    uint8_t count_extra; /* what that number counts besides the bytes */
    cm_ump_field fields[CM_UMP_MAX_FIELDS];
} cm_ump_layout;

/* [any, render] What a message is, or NULL where the specification reserves it. */
const cm_ump_layout *cm_ump_layout_of(const uint32_t *message);

/* [any] The layout of a name such as "note_on", NULL when there is none. */
const cm_ump_layout *cm_ump_layout_named(const char *name);

/* [any] The layouts, for index 0, 1, ... until NULL. */
const cm_ump_layout *cm_ump_layout_at(size_t index);

/* [any, render] A field of a layout by its name, NULL when it has none such. */
const cm_ump_field *cm_ump_field_named(const cm_ump_layout *layout, const char *name);

/* [any, render] An empty message: all fields and bytes zero. Returns its number of words. */
uint32_t cm_ump_start(const cm_ump_layout *layout, uint32_t *message);

/* [any, render] The field's value. */
uint32_t cm_ump_get(const uint32_t *message, const cm_ump_field *field);

/* [any, render] Puts as many low bits of value as the field has. */
void cm_ump_set(uint32_t *message, const cm_ump_field *field, uint32_t value);

/*
 * [any, render] Copies the run of bytes (bytes_max of room) and returns their number, never more than
 * bytes_max whatever the message claims; where it claims nothing, all of them.
 */
uint32_t cm_ump_get_bytes(const cm_ump_layout *layout, const uint32_t *message, uint8_t *bytes);

/* [any, render] Puts a run of at most bytes_max bytes and, where the message tells it, their number. */
void cm_ump_set_bytes(const cm_ump_layout *layout, uint32_t *message, const uint8_t *bytes, uint32_t count);

#endif
