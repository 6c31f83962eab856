#include "midi/thru_store.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE_BYTES = 64 * 1024 * 1024 };

typedef struct {
    char folder[PATH_MAX - 64]; /* room for the names below */
    char file[PATH_MAX], lock[PATH_MAX], broken[PATH_MAX];
} paths;

static bool find_paths(paths *p)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = -1;
    if (state && state[0] == '/')
        length = snprintf(p->folder, sizeof p->folder, "%s/coremusic", state);
    else if (home && home[0] == '/')
        length = snprintf(p->folder, sizeof p->folder, "%s/.local/state/coremusic", home);
    if (length < 0 || (size_t)length >= sizeof p->folder)
        return false;
    snprintf(p->file, sizeof p->file, "%s/thru-connections.plist", p->folder);
    snprintf(p->lock, sizeof p->lock, "%s/thru-connections.lock", p->folder);
    snprintf(p->broken, sizeof p->broken, "%s/thru-connections.plist.broken", p->folder);
    return true;
}

/* The folder and all above it, as the XDG specification wants them: for the user alone. */
static OSStatus make_folder(const paths *p)
{
    char path[sizeof p->folder];
    strcpy(path, p->folder);
    for (char *at = path + 1;; at++) {
        bool last = !*at;
        if (*at != '/' && !last)
            continue;
        *at = 0;
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return cm_fail_errno(errno, path);
        if (last)
            return noErr;
        *at = '/';
    }
}

static CFDataRef read_file(const char *path)
{
    cm_io *io;
    if (cm_io_open(path, false, &io) != noErr)
        return NULL;
    SInt64 size = cm_io_size(io);
    CFMutableDataRef data = size <= MAX_FILE_BYTES ? CFDataCreateMutable(NULL, 0) : NULL;
    if (data) {
        CFDataSetLength(data, (CFIndex)size);
        if (CFDataGetLength(data) != size ||
            cm_io_read_all(io, 0, CFDataGetMutableBytePtr(data), (size_t)size) != noErr) {
            CFRelease(data);
            data = NULL;
        }
    }
    cm_io_close(io);
    return data;
}

static bool is_of(CFTypeRef value, CFTypeID type)
{
    return value && CFGetTypeID(value) == type;
}

/* The whole file as a dictionary that may be changed, but for its members. Never NULL unless memory is out.
 */
static CFMutableDictionaryRef read_root(const paths *p, bool *broken)
{
    CFDataRef data = read_file(p->file);
    CFTypeRef tree = data ? CFPropertyListCreateWithData(NULL, data, kCFPropertyListImmutable, NULL, NULL)
                          : NULL;
    bool usable = is_of(tree, CFDictionaryGetTypeID());
    *broken = !usable && access(p->file, F_OK) == 0;
    CFMutableDictionaryRef root = usable ? CFDictionaryCreateMutableCopy(NULL, 0, tree)
                                         : CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                                     &kCFTypeDictionaryValueCallBacks);
    if (tree)
        CFRelease(tree);
    if (data)
        CFRelease(data);
    return root;
}

static OSStatus write_root(const paths *p, CFDictionaryRef root)
{
    CFDataRef data = CFPropertyListCreateData(NULL, root, kCFPropertyListXMLFormat_v1_0, 0, NULL);
    if (!data)
        return cm_fail(cmParamError, "the owner's name cannot be kept in a file");
    cm_io *io;
    OSStatus status = cm_io_create(p->file, true, &io);
    if (status == noErr) {
        status = cm_io_write(io, 0, CFDataGetBytePtr(data), (size_t)CFDataGetLength(data));
        if (status == noErr)
            status = cm_io_commit(io);
        cm_io_close(io);
    }
    CFRelease(data);
    return status;
}

/* An owner's members with one of them changed; an owner without members goes. */
static OSStatus change(CFMutableDictionaryRef root, CFStringRef owner, CFStringRef id, CFDataRef params)
{
    CFTypeRef old = CFDictionaryGetValue(root, owner);
    CFMutableDictionaryRef members = is_of(old, CFDictionaryGetTypeID())
                                         ? CFDictionaryCreateMutableCopy(NULL, 0, old)
                                         : CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                                     &kCFTypeDictionaryValueCallBacks);
    if (!members)
        return cmMemFullError;
    if (params)
        CFDictionarySetValue(members, id, params);
    else
        CFDictionaryRemoveValue(members, id);
    if (CFDictionaryGetCount(members) > 0)
        CFDictionarySetValue(root, owner, members);
    else
        CFDictionaryRemoveValue(root, owner);
    CFRelease(members);
    return noErr;
}

static OSStatus put_locked(const paths *p, CFStringRef owner, CFStringRef id, CFDataRef params)
{
    bool broken;
    CFMutableDictionaryRef root = read_root(p, &broken);
    if (!root)
        return cmMemFullError;
    OSStatus status = change(root, owner, id, params);
    if (status == noErr && broken && rename(p->file, p->broken) != 0)
        status = cm_fail_errno(errno, p->file);
    if (status == noErr)
        status = write_root(p, root);
    CFRelease(root);
    return status;
}

OSStatus cm_thru_store_put(CFStringRef owner, CFStringRef id, CFDataRef params)
{
    paths p;
    if (!find_paths(&p))
        return cm_fail(kAudio_FileNotFoundError, "neither XDG_STATE_HOME nor HOME names a folder");
    OSStatus status = make_folder(&p);
    if (status != noErr)
        return status;
    int lock = open(p.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return cm_fail_errno(errno, p.lock);
    while (flock(lock, LOCK_EX) != 0)
        if (errno != EINTR) {
            status = cm_fail_errno(errno, p.lock);
            break;
        }
    if (status == noErr)
        status = put_locked(&p, owner, id, params);
    close(lock);
    return status;
}

CFDictionaryRef cm_thru_store_get(CFStringRef owner)
{
    paths p;
    bool broken;
    if (!find_paths(&p))
        return NULL;
    CFMutableDictionaryRef root = read_root(&p, &broken);
    CFTypeRef members = root ? CFDictionaryGetValue(root, owner) : NULL;
    if (!is_of(members, CFDictionaryGetTypeID()))
        members = NULL;
    if (members)
        CFRetain(members);
    if (root)
        CFRelease(root);
    return members;
}
