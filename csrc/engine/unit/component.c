/* The registry: what components there are. It only grows, so that a component found once stays valid. */
#include "component.h"
#include "../base/fork.h"
#include "../base/handle.h"

#include <pthread.h>
#include <stdlib.h>

static struct {
    pthread_mutex_t lock;
    pthread_once_t once;
    cm_component **items; /* guarded by lock; the components themselves never change */
    size_t count, room;
} registry = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

CM_FREE_IN_CHILD(&registry.lock)

static void destroy(void *object)
{
    cm_component *c = object;
    if (c->name)
        CFRelease(c->name);
    free(c);
}

static bool append(cm_component *c)
{
    bool ok = true;
    pthread_mutex_lock(&registry.lock);
    if (registry.count == registry.room) {
        size_t room = registry.room ? 2 * registry.room : 64;
        cm_component **items = realloc(registry.items, room * sizeof *items);
        ok = items != NULL;
        if (ok) {
            registry.items = items;
            registry.room = room;
        }
    }
    if (ok)
        registry.items[registry.count++] = c;
    pthread_mutex_unlock(&registry.lock);
    return ok;
}

/* Takes the name's reference over. */
static AudioComponent add(const AudioComponentDescription *description, CFStringRef name, UInt32 version,
                          const cm_unit_class *kind, AudioComponentFactoryFunction factory)
{
    cm_component *c = name ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        if (name)
            CFRelease(name);
        return NULL;
    }
    *c = (cm_component){
        .description = *description, .name = name, .version = version, .kind = kind, .factory = factory
    };
    c->description.componentFlagsMask = 0;
    c->handle = cm_handle_new(CM_KIND_AUDIO_COMPONENT, c, destroy);
    if (!c->handle)
        destroy(c);
    else if (append(c))
        return c->handle;
    else
        cm_handle_retire(c->handle, CM_KIND_AUDIO_COMPONENT);
    return NULL;
}

AudioComponent cm_component_add(const cm_unit_class *kind)
{
    CFStringRef name = CFStringCreateWithCString(NULL, kind->name, kCFStringEncodingUTF8);
    return add(&kind->description, name, kind->version, kind, NULL);
}

static void add_own(void)
{
    for (size_t i = 0; cm_unit_classes[i]; i++)
        cm_component_add(cm_unit_classes[i]);
}

const cm_component *cm_component_get(AudioComponent component)
{
    const cm_component *c = cm_handle_pin(component, CM_KIND_AUDIO_COMPONENT);
    if (c)
        cm_handle_unpin(component);
    return c;
}

static bool same_code(OSType wanted, OSType code)
{
    return wanted == 0 || wanted == code;
}

static bool fits(const AudioComponentDescription *wanted, const AudioComponentDescription *d)
{
    bool is_named = wanted->componentType && wanted->componentSubType && wanted->componentManufacturer;
    if ((d->componentFlags & kAudioComponentFlag_Unsearchable) && !is_named)
        return false;
    return same_code(wanted->componentType, d->componentType) &&
           same_code(wanted->componentSubType, d->componentSubType) &&
           same_code(wanted->componentManufacturer, d->componentManufacturer) &&
           ((wanted->componentFlags ^ d->componentFlags) & wanted->componentFlagsMask) == 0;
}

/* The place after `previous`; the end when there is no such component. */
static size_t place_after(AudioComponent previous)
{
    size_t i = 0;
    while (previous && i < registry.count && registry.items[i]->handle != previous)
        i++;
    return previous && i < registry.count ? i + 1 : i;
}

AudioComponent AudioComponentFindNext(AudioComponent inComponent, const AudioComponentDescription *inDesc)
{
    AudioComponent found = NULL;
    if (!inDesc)
        return NULL;
    pthread_once(&registry.once, add_own);
    pthread_mutex_lock(&registry.lock);
    for (size_t i = place_after(inComponent); i < registry.count && !found; i++)
        if (fits(inDesc, &registry.items[i]->description))
            found = registry.items[i]->handle;
    pthread_mutex_unlock(&registry.lock);
    return found;
}

UInt32 AudioComponentCount(const AudioComponentDescription *inDesc)
{
    UInt32 count = 0;
    if (!inDesc)
        return 0;
    pthread_once(&registry.once, add_own);
    pthread_mutex_lock(&registry.lock);
    for (size_t i = 0; i < registry.count; i++)
        count += fits(inDesc, &registry.items[i]->description);
    pthread_mutex_unlock(&registry.lock);
    return count;
}

static OSStatus no_component(void)
{
    return cm_fail(kAudio_ParamError, "not an audio component");
}

OSStatus AudioComponentCopyName(AudioComponent inComponent, CFStringRef *outName)
{
    const cm_component *c = cm_component_get(inComponent);
    if (!c || !outName)
        return no_component();
    *outName = CFRetain(c->name);
    return noErr;
}

OSStatus AudioComponentGetDescription(AudioComponent inComponent, AudioComponentDescription *outDesc)
{
    const cm_component *c = cm_component_get(inComponent);
    if (!c || !outDesc)
        return no_component();
    *outDesc = c->description;
    return noErr;
}

OSStatus AudioComponentGetVersion(AudioComponent inComponent, UInt32 *outVersion)
{
    const cm_component *c = cm_component_get(inComponent);
    if (!c || !outVersion)
        return no_component();
    *outVersion = c->version;
    return noErr;
}

AudioComponent AudioComponentRegister(const AudioComponentDescription *inDesc, CFStringRef inName,
                                      UInt32 inVersion, AudioComponentFactoryFunction inFactory)
{
    if (!inDesc || !inName || !inFactory)
        return NULL;
    pthread_once(&registry.once, add_own);
    return add(inDesc, CFStringCreateCopy(NULL, inName), inVersion, NULL, inFactory);
}
