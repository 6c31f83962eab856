/* riff_chunk.c: the heads of chunks, by four-character code in RIFF and by GUID in Wave64. */
#include "riff.h"

#include "chunks.h"
#include "../base/bytes.h"

#include <string.h>

/* What cm_chunk.uuid says of a RIFF chunk that was in the file: whether there is a LIST head around it. */
static const UInt8 in_list[16] = "LIST";
static const UInt8 plain[16] = "RIFF";

/* A chunk made in memory is a list when its code is a list's type. */
static bool is_list(const cm_chunk *chunk)
{
    if (memcmp(chunk->uuid, plain, 4) == 0)
        return false;
    return memcmp(chunk->uuid, in_list, 4) == 0 || chunk->id == 'INFO' || chunk->id == 'adtl';
}

void cm_riff_put_plain_head(UInt8 *to, UInt32 id, SInt64 size)
{
    cm_put_be32(to, id);
    cm_put_le32(to + 4, size > CM_RIFF_LIMIT ? CM_RIFF_OPEN : (UInt32)size);
}

UInt32 cm_riff_put_head(UInt8 *to, const cm_chunk *chunk)
{
    bool list = is_list(chunk);
    if (to && list) {
        cm_riff_put_plain_head(to, 'LIST', chunk->size + 4);
        cm_put_be32(to + CM_RIFF_HEAD, chunk->id);
    } else if (to) {
        cm_riff_put_plain_head(to, chunk->id, chunk->size);
    }
    return list ? CM_RIFF_HEAD + 4 : CM_RIFF_HEAD;
}

OSStatus cm_riff_note(cm_file *f, UInt32 id, SInt64 at, SInt64 size, bool list)
{
    OSStatus status = cm_chunk_note(f, id, at, size);
    if (status == noErr)
        memcpy(f->chunks[f->chunk_count - 1].uuid, list ? in_list : plain, 16);
    return status;
}

/* ---- Wave64 ---- */

/* GUIDs as they lie in the file. All chunks that RIFF has too share the last twelve bytes. */
static const UInt8 riff_guid[16] = { 'r',  'i',  'f',  'f',  0x2E, 0x91, 0xCF, 0x11,
                                     0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00 };
static const UInt8 common_tail[12] = {
    0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A
};
static const UInt8 summary_guid[16] = { 0xBC, 0x94, 0x5F, 0x92, 0x5A, 0x52, 0xD2, 0x11,
                                        0x86, 0xDC, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A };

bool cm_w64_is_riff(const UInt8 *guid)
{
    return memcmp(guid, riff_guid, 16) == 0;
}

bool cm_w64_is_wave(const UInt8 *guid)
{
    return memcmp(guid, "wave", 4) == 0 && memcmp(guid + 4, common_tail, 12) == 0;
}

UInt32 cm_w64_code(const UInt8 *guid)
{
    if (memcmp(guid, summary_guid, 16) == 0)
        return 'INFO';
    for (int i = 0; i < 4; i++)
        if (guid[i] < ' ' || guid[i] > '~')
            return 'guid';
    return cm_get_be32(guid);
}

static void put_guid(UInt8 *to, UInt32 id)
{
    if (id == 'INFO') {
        memcpy(to, summary_guid, 16);
        return;
    }
    cm_put_be32(to, id);
    memcpy(to + 4, common_tail, 12);
}

void cm_w64_put_plain_head(UInt8 *to, UInt32 id, SInt64 size)
{
    put_guid(to, id);
    cm_put_le64(to + 16, (UInt64)(size + CM_W64_HEAD));
}

UInt32 cm_w64_put_head(UInt8 *to, const cm_chunk *chunk)
{
    static const UInt8 none[16];
    if (to) {
        cm_w64_put_plain_head(to, chunk->id, chunk->size);
        if (memcmp(chunk->uuid, none, 16) != 0)
            memcpy(to, chunk->uuid, 16);
    }
    return CM_W64_HEAD;
}

OSStatus cm_w64_note(cm_file *f, const UInt8 *guid, SInt64 at, SInt64 size)
{
    OSStatus status = cm_chunk_note(f, cm_w64_code(guid), at, size);
    if (status == noErr)
        memcpy(f->chunks[f->chunk_count - 1].uuid, guid, 16);
    return status;
}

void cm_w64_put_file_head(UInt8 *to, SInt64 size)
{
    memcpy(to, riff_guid, 16);
    cm_put_le64(to + 16, (UInt64)size);
    memcpy(to + CM_W64_HEAD, "wave", 4);
    memcpy(to + CM_W64_HEAD + 4, common_tail, 12);
}
