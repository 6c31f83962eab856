/* userdata.c: chunks that a client reads and writes by their code and number. */
#include "file.h"

#include "chunks.h"

static OSStatus find(AudioFileID id, UInt32 code, UInt32 index, cm_file **f, const cm_chunk **chunk)
{
    *f = cm_file_enter(id);
    if (!*f)
        return kAudioFileNotOpenError;
    *chunk = cm_chunk_find_any(*f, code, index);
    if (*chunk)
        return noErr;
    cm_file_leave(id, *f);
    return kAudioFileInvalidChunkError;
}

OSStatus AudioFileCountUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 *outNumberItems)
{
    if (!outNumberItems)
        return cmParamError;
    cm_file *f = cm_file_enter(inAudioFile);
    if (!f)
        return kAudioFileNotOpenError;
    *outNumberItems = cm_chunk_count_any(f, inUserDataID);
    cm_file_leave(inAudioFile, f);
    return noErr;
}

OSStatus AudioFileGetUserDataSize64(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                    UInt64 *outUserDataSize)
{
    cm_file *f;
    const cm_chunk *chunk;
    if (!outUserDataSize)
        return cmParamError;
    OSStatus status = find(inAudioFile, inUserDataID, inIndex, &f, &chunk);
    if (status != noErr)
        return status;
    *outUserDataSize = (UInt64)chunk->size;
    cm_file_leave(inAudioFile, f);
    return noErr;
}

OSStatus AudioFileGetUserDataSize(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                  UInt32 *outUserDataSize)
{
    UInt64 size = 0;
    if (!outUserDataSize)
        return cmParamError;
    OSStatus status = AudioFileGetUserDataSize64(inAudioFile, inUserDataID, inIndex, &size);
    if (status == noErr && size > UINT32_MAX)
        return cm_fail(kAudioFileBadPropertySizeError,
                       "a chunk of %llu bytes: use AudioFileGetUserDataSize64", (unsigned long long)size);
    if (status == noErr)
        *outUserDataSize = (UInt32)size;
    return status;
}

OSStatus AudioFileGetUserDataAtOffset(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                                      SInt64 inOffset, UInt32 *ioUserDataSize, void *outUserData)
{
    cm_file *f;
    const cm_chunk *chunk;
    if (!ioUserDataSize || !outUserData)
        return cmParamError;
    OSStatus status = find(inAudioFile, inUserDataID, inIndex, &f, &chunk);
    if (status != noErr)
        return status;
    if (inOffset < 0 || inOffset > chunk->size)
        status = kAudioFilePositionError;
    if (status == noErr) {
        SInt64 left = chunk->size - inOffset;
        UInt32 size = left < *ioUserDataSize ? (UInt32)left : *ioUserDataSize;
        status = cm_chunk_read(f, chunk, inOffset, outUserData, size);
        *ioUserDataSize = status == noErr ? size : 0;
    }
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileGetUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                              UInt32 *ioUserDataSize, void *outUserData)
{
    return AudioFileGetUserDataAtOffset(inAudioFile, inUserDataID, inIndex, 0, ioUserDataSize, outUserData);
}

/* The file, when it takes chunks with this code. */
static OSStatus enter_for_change(AudioFileID id, UInt32 code, cm_file **f)
{
    *f = cm_file_enter(id);
    if (!*f)
        return kAudioFileNotOpenError;
    OSStatus status = cm_file_check_writable(*f);
    if (status == noErr && !(*f)->container->has_chunks)
        status = cm_fail(kAudioFileOperationNotSupportedError, "%s files have no user data",
                         (*f)->container->name);
    if (status == noErr && (*f)->container->owns_chunk && (*f)->container->owns_chunk(code))
        status = cm_fail(kAudioFileInvalidChunkError, "chunks with this code describe the audio");
    if (status != noErr)
        cm_file_leave(id, *f);
    return status;
}

OSStatus AudioFileSetUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex,
                              UInt32 inUserDataSize, const void *inUserData)
{
    cm_file *f;
    if (!inUserData && inUserDataSize)
        return cmParamError;
    OSStatus status = enter_for_change(inAudioFile, inUserDataID, &f);
    if (status != noErr)
        return status;
    status = cm_file_check_room(f, f->data_bytes, inUserDataSize);
    if (status == noErr)
        status = cm_chunk_set(f, inUserDataID, inIndex, inUserData, inUserDataSize);
    cm_file_leave(inAudioFile, f);
    return status;
}

OSStatus AudioFileRemoveUserData(AudioFileID inAudioFile, UInt32 inUserDataID, UInt32 inIndex)
{
    cm_file *f;
    OSStatus status = enter_for_change(inAudioFile, inUserDataID, &f);
    if (status != noErr)
        return status;
    status = cm_chunk_remove(f, inUserDataID, inIndex);
    cm_file_leave(inAudioFile, f);
    return status;
}
