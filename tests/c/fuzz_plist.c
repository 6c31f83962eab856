/*
 * Any bytes as a property list. What is read must be written again, mean the same when it is read back, and
 * leave nothing behind.
 */
#include "base/cf_object.h"

#include <CoreFoundation/CoreFoundation.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_tree(CFPropertyListRef tree)
{
    CFDataRef written = CFPropertyListCreateData(NULL, tree, kCFPropertyListXMLFormat_v1_0, 0, NULL);
    must(written != NULL);
    CFPropertyListRef again = CFPropertyListCreateWithData(
        NULL, written, kCFPropertyListMutableContainersAndLeaves, NULL, NULL);
    must(again != NULL && CFEqual(again, tree) && CFHash(again) == CFHash(tree));
    CFPropertyListRef copy = CFPropertyListCreateDeepCopy(NULL, again, kCFPropertyListImmutable);
    CFDataRef rewritten = CFPropertyListCreateData(NULL, copy, kCFPropertyListXMLFormat_v1_0, 0, NULL);
    must(CFEqual(rewritten, written));
    CFRelease(CFCopyDescription(tree));
    CFRelease(rewritten);
    CFRelease(copy);
    CFRelease(again);
    CFRelease(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CFIndex before = cm_cf_live_count(CM_CF_NONE);
    CFDataRef bytes = CFDataCreateWithBytesNoCopy(NULL, data, (CFIndex)size, kCFAllocatorNull);
    CFErrorRef error = NULL;
    CFPropertyListRef tree = CFPropertyListCreateWithData(NULL, bytes, kCFPropertyListImmutable, NULL,
                                                          &error);
    must((tree == NULL) == (error != NULL));
    if (tree)
        check_tree(tree);
    CFStringRef text = CFErrorCopyDescription(error);
    must(tree != NULL || text != NULL);
    CFRelease(text);
    CFRelease(error);
    CFRelease(tree);
    CFRelease(bytes);
    must(cm_cf_live_count(CM_CF_NONE) == before);
    return 0;
}
