#include "packet_table.h"

#include <stdlib.h>

static OSStatus grow(void **array, SInt64 capacity, size_t member)
{
    if ((UInt64)capacity > SIZE_MAX / member)
        return cmMemFullError;
    void *grown = realloc(*array, (size_t)capacity * member);
    if (!grown)
        return cmMemFullError;
    *array = grown;
    return noErr;
}

OSStatus cm_packet_table_reserve(cm_packet_table *table, bool has_sizes, bool has_frames, SInt64 count)
{
    OSStatus status = noErr;
    if (count <= table->capacity)
        return noErr;
    if (has_sizes) {
        status = grow((void **)&table->offsets, count, sizeof *table->offsets);
        if (status == noErr)
            status = grow((void **)&table->sizes, count, sizeof *table->sizes);
    }
    if (status == noErr && has_frames)
        status = grow((void **)&table->frames, count, sizeof *table->frames);
    if (status == noErr)
        table->capacity = count;
    return status;
}

OSStatus cm_packet_table_add(cm_packet_table *table, bool has_sizes, bool has_frames, SInt64 offset,
                             UInt32 size, UInt32 frames)
{
    if (table->count == table->capacity) {
        SInt64 wanted = table->capacity < 512 ? 1024 : table->capacity + table->capacity / 2;
        OSStatus status = cm_packet_table_reserve(table, has_sizes, has_frames, wanted);
        if (status != noErr)
            return status;
    }
    if (has_sizes) {
        table->offsets[table->count] = offset;
        table->sizes[table->count] = size;
    }
    if (has_frames)
        table->frames[table->count] = frames;
    table->count++;
    return noErr;
}

void cm_packet_table_free(cm_packet_table *table)
{
    free(table->offsets);
    free(table->sizes);
    free(table->frames);
    *table = (cm_packet_table){ 0 };
}
