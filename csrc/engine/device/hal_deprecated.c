/* hal_deprecated.c: the functions of <CoreAudio/AudioHardwareDeprecated.h> in terms of audio objects. */
#include "../base/fork.h"
#include "hal.h"

#include <CoreAudio/AudioHardwareDeprecated.h>
#include <stdlib.h>

/* ---- addresses ---- */

static AudioObjectPropertyAddress address_of(AudioObjectPropertySelector selector, Boolean is_input,
                                             UInt32 channel)
{
    AudioObjectPropertyScope scope = is_input == kAudioPropertyWildcardSection
                                         ? kAudioObjectPropertyScopeWildcard
                                         : cm_scope_of(is_input ? CM_INPUT : CM_OUTPUT);
    return (AudioObjectPropertyAddress){ selector, scope, channel };
}

static AudioObjectPropertyAddress global_of(AudioObjectPropertySelector selector, UInt32 channel)
{
    return (AudioObjectPropertyAddress){ selector, kAudioObjectPropertyScopeGlobal, channel };
}

static OSStatus get_info(AudioObjectID object, AudioObjectPropertyAddress address, UInt32 *size,
                         Boolean *writable)
{
    OSStatus status = noErr;
    if (writable)
        status = AudioObjectIsPropertySettable(object, &address, writable);
    if (status == noErr && size)
        status = AudioObjectGetPropertyDataSize(object, &address, 0, NULL, size);
    return status;
}

OSStatus AudioHardwareGetPropertyInfo(AudioHardwarePropertyID inPropertyID, UInt32 *outSize,
                                      Boolean *outWritable)
{
    return get_info(kAudioObjectSystemObject, global_of(inPropertyID, 0), outSize, outWritable);
}

OSStatus AudioHardwareGetProperty(AudioHardwarePropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                  void *outPropertyData)
{
    const AudioObjectPropertyAddress address = global_of(inPropertyID, 0);
    return AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, ioPropertyDataSize,
                                      outPropertyData);
}

OSStatus AudioHardwareSetProperty(AudioHardwarePropertyID inPropertyID, UInt32 inPropertyDataSize,
                                  const void *inPropertyData)
{
    const AudioObjectPropertyAddress address = global_of(inPropertyID, 0);
    return AudioObjectSetPropertyData(kAudioObjectSystemObject, &address, 0, NULL, inPropertyDataSize,
                                      inPropertyData);
}

OSStatus AudioDeviceGetPropertyInfo(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                    AudioDevicePropertyID inPropertyID, UInt32 *outSize, Boolean *outWritable)
{
    return get_info(inDevice, address_of(inPropertyID, isInput, inChannel), outSize, outWritable);
}

OSStatus AudioDeviceGetProperty(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                AudioDevicePropertyID inPropertyID, UInt32 *ioPropertyDataSize,
                                void *outPropertyData)
{
    const AudioObjectPropertyAddress address = address_of(inPropertyID, isInput, inChannel);
    return AudioObjectGetPropertyData(inDevice, &address, 0, NULL, ioPropertyDataSize, outPropertyData);
}

OSStatus AudioDeviceSetProperty(AudioDeviceID inDevice, const AudioTimeStamp *inWhen, UInt32 inChannel,
                                Boolean isInput, AudioDevicePropertyID inPropertyID,
                                UInt32 inPropertyDataSize, const void *inPropertyData)
{
    const AudioObjectPropertyAddress address = address_of(inPropertyID, isInput, inChannel);
    (void)inWhen;
    return AudioObjectSetPropertyData(inDevice, &address, 0, NULL, inPropertyDataSize, inPropertyData);
}

OSStatus AudioStreamGetPropertyInfo(AudioStreamID inStream, UInt32 inChannel,
                                    AudioDevicePropertyID inPropertyID, UInt32 *outSize, Boolean *outWritable)
{
    return get_info(inStream, global_of(inPropertyID, inChannel), outSize, outWritable);
}

OSStatus AudioStreamGetProperty(AudioStreamID inStream, UInt32 inChannel, AudioDevicePropertyID inPropertyID,
                                UInt32 *ioPropertyDataSize, void *outPropertyData)
{
    const AudioObjectPropertyAddress address = global_of(inPropertyID, inChannel);
    return AudioObjectGetPropertyData(inStream, &address, 0, NULL, ioPropertyDataSize, outPropertyData);
}

OSStatus AudioStreamSetProperty(AudioStreamID inStream, const AudioTimeStamp *inWhen, UInt32 inChannel,
                                AudioDevicePropertyID inPropertyID, UInt32 inPropertyDataSize,
                                const void *inPropertyData)
{
    const AudioObjectPropertyAddress address = global_of(inPropertyID, inChannel);
    (void)inWhen;
    return AudioObjectSetPropertyData(inStream, &address, 0, NULL, inPropertyDataSize, inPropertyData);
}

/* ---- what was added: listeners without their client data, IOProcs by their address ---- */

typedef struct added {
    AudioObjectID object;
    AudioObjectPropertyAddress address; /* of a listener */
    AudioObjectPropertyListenerProc call;
    void (*proc)(void); /* the client's */
    void *client;
    AudioDeviceIOProcID id; /* of an IOProc */
    struct added *next;
} added;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static added *list;

CM_FREE_IN_CHILD(&lock)

static bool same(const added *a, const added *b)
{
    return a->object == b->object && a->call == b->call && a->proc == b->proc &&
           a->address.mSelector == b->address.mSelector && a->address.mScope == b->address.mScope &&
           a->address.mElement == b->address.mElement;
}

static added *keep(const added *wanted)
{
    added *kept = malloc(sizeof *kept);
    if (!kept)
        return NULL;
    *kept = *wanted;
    pthread_mutex_lock(&lock);
    kept->next = list;
    list = kept;
    pthread_mutex_unlock(&lock);
    return kept;
}

/* Takes out one that is the same, or NULL. */
static added *take(const added *wanted)
{
    pthread_mutex_lock(&lock);
    added **link = &list;
    while (*link && !same(*link, wanted))
        link = &(*link)->next;
    added *taken = *link;
    if (taken)
        *link = taken->next;
    pthread_mutex_unlock(&lock);
    return taken;
}

static OSStatus add_listener(const added *wanted)
{
    if (!wanted->proc)
        return kAudioHardwareIllegalOperationError;
    added *kept = keep(wanted);
    if (!kept)
        return cmMemFullError;
    OSStatus status = AudioObjectAddPropertyListener(kept->object, &kept->address, kept->call, kept);
    if (status != noErr)
        free(take(wanted));
    return status;
}

/* One that is not there is no error, as with audio objects. */
static OSStatus remove_listener(const added *wanted)
{
    added *taken = take(wanted);
    if (!taken)
        return noErr;
    OSStatus status = AudioObjectRemovePropertyListener(taken->object, &taken->address, taken->call, taken);
    free(taken);
    return status;
}

static OSStatus call_hardware(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                              void *client)
{
    const added *a = client;
    (void)object, (void)count;
    return ((AudioHardwarePropertyListenerProc)a->proc)(addresses->mSelector, a->client);
}

static OSStatus call_device(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                            void *client)
{
    const added *a = client;
    (void)count;
    return ((AudioDevicePropertyListenerProc)a->proc)(object, addresses->mElement,
                                                      addresses->mScope == kAudioObjectPropertyScopeInput,
                                                      addresses->mSelector, a->client);
}

static OSStatus call_stream(AudioObjectID object, UInt32 count, const AudioObjectPropertyAddress *addresses,
                            void *client)
{
    const added *a = client;
    (void)count;
    return ((AudioStreamPropertyListenerProc)a->proc)(object, addresses->mElement, addresses->mSelector,
                                                      a->client);
}

OSStatus AudioHardwareAddPropertyListener(AudioHardwarePropertyID inPropertyID,
                                          AudioHardwarePropertyListenerProc inProc, void *inClientData)
{
    return add_listener(&(added){ .object = kAudioObjectSystemObject,
                                  .address = global_of(inPropertyID, 0),
                                  .call = call_hardware,
                                  .proc = (void (*)(void))inProc,
                                  .client = inClientData });
}

OSStatus AudioHardwareRemovePropertyListener(AudioHardwarePropertyID inPropertyID,
                                             AudioHardwarePropertyListenerProc inProc)
{
    return remove_listener(&(added){ .object = kAudioObjectSystemObject,
                                     .address = global_of(inPropertyID, 0),
                                     .call = call_hardware,
                                     .proc = (void (*)(void))inProc });
}

OSStatus AudioDeviceAddPropertyListener(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                        AudioDevicePropertyID inPropertyID,
                                        AudioDevicePropertyListenerProc inProc, void *inClientData)
{
    return add_listener(&(added){ .object = inDevice,
                                  .address = address_of(inPropertyID, isInput, inChannel),
                                  .call = call_device,
                                  .proc = (void (*)(void))inProc,
                                  .client = inClientData });
}

OSStatus AudioDeviceRemovePropertyListener(AudioDeviceID inDevice, UInt32 inChannel, Boolean isInput,
                                           AudioDevicePropertyID inPropertyID,
                                           AudioDevicePropertyListenerProc inProc)
{
    return remove_listener(&(added){ .object = inDevice,
                                     .address = address_of(inPropertyID, isInput, inChannel),
                                     .call = call_device,
                                     .proc = (void (*)(void))inProc });
}

OSStatus AudioStreamAddPropertyListener(AudioStreamID inStream, UInt32 inChannel,
                                        AudioDevicePropertyID inPropertyID,
                                        AudioStreamPropertyListenerProc inProc, void *inClientData)
{
    return add_listener(&(added){ .object = inStream,
                                  .address = global_of(inPropertyID, inChannel),
                                  .call = call_stream,
                                  .proc = (void (*)(void))inProc,
                                  .client = inClientData });
}

OSStatus AudioStreamRemovePropertyListener(AudioStreamID inStream, UInt32 inChannel,
                                           AudioDevicePropertyID inPropertyID,
                                           AudioStreamPropertyListenerProc inProc)
{
    return remove_listener(&(added){ .object = inStream,
                                     .address = global_of(inPropertyID, inChannel),
                                     .call = call_stream,
                                     .proc = (void (*)(void))inProc });
}

AudioDeviceIOProcID cm_hal_added_proc(AudioObjectID device, AudioDeviceIOProc proc)
{
    const added wanted = { .object = device, .proc = (void (*)(void))proc };
    AudioDeviceIOProcID id = NULL;
    pthread_mutex_lock(&lock);
    for (const added *a = list; a && !id; a = a->next)
        if (same(a, &wanted))
            id = a->id;
    pthread_mutex_unlock(&lock);
    return id;
}

OSStatus AudioDeviceAddIOProc(AudioDeviceID inDevice, AudioDeviceIOProc inProc, void *inClientData)
{
    added wanted = { .object = inDevice, .proc = (void (*)(void))inProc };
    if (!inProc || cm_hal_added_proc(inDevice, inProc))
        return kAudioHardwareIllegalOperationError;
    OSStatus status = AudioDeviceCreateIOProcID(inDevice, inProc, inClientData, &wanted.id);
    if (status == noErr && !keep(&wanted)) {
        AudioDeviceDestroyIOProcID(inDevice, wanted.id);
        status = cmMemFullError;
    }
    return status;
}

OSStatus AudioDeviceRemoveIOProc(AudioDeviceID inDevice, AudioDeviceIOProc inProc)
{
    added *taken = take(&(added){ .object = inDevice, .proc = (void (*)(void))inProc });
    if (!taken)
        return kAudioHardwareIllegalOperationError;
    OSStatus status = AudioDeviceDestroyIOProcID(inDevice, taken->id);
    free(taken);
    return status;
}
