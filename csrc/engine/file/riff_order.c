#include "riff_order.h"

#include "../base/bytes.h"

/*
 * The widths of the numbers that a chunk consists of, in its order; 'c' is a four-character code, which is
 * read as text and stays. What is behind `repeat` comes again and again.
 */
typedef struct shape {
    UInt32 id;
    const char *fields;
    const char *repeat;
} shape;

static const shape shapes[] = {
    /* behind the plain fields: size of the extension, valid bits, channel mask, numbers of the GUID */
    { 'fmt ',
      "2244222"
      "24"
      "422",
      "" },
    { 'cue ', "4", "44c444" },
    { 'plst', "4", "444" },
    { 'smpl', "444444444", "444444" },
};

static void turn(UInt8 *at, size_t width)
{
    if (width == 2)
        cm_put_le16(at, cm_get_be16(at));
    else
        cm_put_le32(at, cm_get_be32(at));
}

static void turn_fields(const shape *s, UInt8 *bytes, size_t size)
{
    const char *field = s->fields;
    for (size_t at = 0;;) {
        if (!*field)
            field = s->repeat;
        if (!*field)
            return;
        size_t width = *field == '2' ? 2 : 4;
        if (width > size - at)
            return;
        if (*field++ != 'c')
            turn(bytes + at, width);
        at += width;
    }
}

/* A list's items have a code and a size. Labels begin with the cue point's number, sections with length too.
 */
static void turn_items(UInt8 *bytes, size_t size, bool labels)
{
    for (size_t at = 0; size >= 8 && at <= size - 8;) {
        UInt32 id = cm_get_be32(bytes + at);
        turn(bytes + at + 4, 4);
        size_t declared = cm_get_le32(bytes + at + 4), left = size - at - 8;
        size_t item = declared < left ? declared : left;
        if (labels && item >= 4)
            turn(bytes + at + 8, 4);
        if (labels && item >= 8 && id == 'ltxt')
            turn(bytes + at + 12, 4);
        at += 8 + item + (item & 1);
    }
}

void cm_riff_turn_round(UInt32 id, UInt8 *bytes, size_t size)
{
    if (id == 'INFO' || id == 'adtl')
        turn_items(bytes, size, id == 'adtl');
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].id == id)
            turn_fields(&shapes[i], bytes, size);
}
