#include "forward.h"

#include <stdlib.h>

void cm_forward_begin(cm_file *f, cm_forward *place)
{
    if (place->began)
        return;
    place->began = true;
    place->at = f->data_offset;
    cm_window_begin(&place->window, f->io, f->data_offset + f->data_bytes);
}

void cm_forward_end(cm_forward *place)
{
    if (place->began)
        cm_window_end(&place->window);
    free(place->bytes);
    if (place->free_own && place->own)
        place->free_own(place->own);
    else
        free(place->own);
    *place = (cm_forward){ .at = 0 };
}

OSStatus cm_forward_gather(cm_file *f, cm_forward *place, size_t have, SInt64 at, UInt32 size)
{
    if (have + size > place->room) {
        UInt8 *grown = realloc(place->bytes, have + size + have / 2);
        if (!grown)
            return cmMemFullError;
        place->bytes = grown;
        place->room = have + size + have / 2;
    }
    return size ? cm_io_read_all(f->io, at, place->bytes + have, size) : noErr;
}

OSStatus cm_forward_take(cm_file *f, cm_forward *place, SInt64 at, UInt32 size, cm_forward_packet *packet)
{
    OSStatus status = cm_forward_gather(f, place, 0, at, size);
    packet->bytes = place->bytes;
    packet->size = size;
    return status;
}
