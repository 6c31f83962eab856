/* forward.h: what containers share that find their packets by reading on (cm_container.next_packet). */
#ifndef CM_FILE_FORWARD_H
#define CM_FILE_FORWARD_H

#include "container.h"

/* Before the first packet: the window over the whole stream, the place at its audio. */
void cm_forward_begin(cm_file *f, cm_forward *place);

/* Frees what place holds. */
void cm_forward_end(cm_forward *place);

/* Lends the bytes of a packet that lies in one piece; waits for them if they have not arrived. */
OSStatus cm_forward_take(cm_file *f, cm_forward *place, SInt64 at, UInt32 size, cm_forward_packet *packet);

/* Puts bytes behind those that were gathered. */
OSStatus cm_forward_gather(cm_file *f, cm_forward *place, size_t have, SInt64 at, UInt32 size);

#endif
