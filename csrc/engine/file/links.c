#include "links.h"

#include <stdlib.h>

OSStatus cm_links_add(cm_file *f, cm_link *link)
{
    size_t n = f->link_count;
    cm_link *grown = n & (n - 1) ? f->links : realloc(f->links, (n ? 2 * n : 1) * sizeof *grown);
    if (!grown) {
        CFRelease(link->cookie);
        return cmMemFullError;
    }
    link->first = n ? grown[n - 1].first + grown[n - 1].frames : 0;
    f->links = grown;
    f->links[f->link_count++] = *link;
    return noErr;
}

const cm_link *cm_link_of_frame(const cm_file *f, SInt64 frame)
{
    size_t low = 0, high = f->link_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (f->links[middle].first <= frame)
            low = middle;
        else
            high = middle;
    }
    return f->link_count ? &f->links[low] : NULL;
}

void cm_links_free(cm_file *f)
{
    for (size_t i = 0; i < f->link_count; i++)
        CFRelease(f->links[i].cookie);
    free(f->links);
    f->links = NULL;
    f->link_count = 0;
}
