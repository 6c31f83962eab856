#include "hal.h"

#include <stdlib.h>
#include <string.h>

/* In the order of their numbers, which only grow. */
static struct {
    cm_object **objects;
    size_t count, room;
    AudioObjectID last;
} tree = { .last = kAudioObjectSystemObject };

bool cm_tree_add(cm_object *object)
{
    if (tree.count == tree.room) {
        size_t room = tree.room ? 2 * tree.room : 64;
        cm_object **grown = realloc(tree.objects, room * sizeof *grown);
        if (!grown)
            return false;
        tree.objects = grown;
        tree.room = room;
    }
    if (object->id == kAudioObjectSystemObject) {
        memmove(tree.objects + 1, tree.objects, tree.count * sizeof *tree.objects);
        tree.objects[0] = object;
    } else {
        object->id = ++tree.last;
        tree.objects[tree.count] = object;
    }
    tree.count++;
    return true;
}

/* Where the object of this number is, or the first with a greater one. */
static size_t place_of(AudioObjectID id)
{
    size_t low = 0, high = tree.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tree.objects[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

cm_object *cm_tree_find(AudioObjectID id)
{
    size_t place = place_of(id);
    return place < tree.count && tree.objects[place]->id == id ? tree.objects[place] : NULL;
}

void cm_tree_remove(cm_object *object)
{
    size_t place = place_of(object->id);
    memmove(tree.objects + place, tree.objects + place + 1, (tree.count - place - 1) * sizeof *tree.objects);
    tree.count--;
    cm_listeners_free(object);
    object->destroy(object);
}

void cm_tree_clear(void)
{
    while (tree.count)
        cm_tree_remove(tree.objects[tree.count - 1]);
    free(tree.objects);
    tree.objects = NULL;
    tree.room = 0;
}

void cm_tree_forget(void)
{
    tree.objects = NULL;
    tree.count = tree.room = 0;
}

cm_object *cm_tree_next(size_t *at)
{
    return *at < tree.count ? tree.objects[(*at)++] : NULL;
}

static bool has_table(const cm_object *object, const cm_property_table *wanted)
{
    for (const cm_property_table *table = object->properties; table; table = table->base)
        if (table == wanted)
            return true;
    return false;
}

bool cm_object_is_device(const cm_object *object)
{
    return has_table(object, &cm_device_properties);
}

cm_device *cm_tree_device(AudioObjectID id)
{
    cm_object *object = cm_tree_find(id);
    return object && cm_object_is_device(object) ? (cm_device *)object : NULL;
}

cm_device *cm_tree_device_by_uid(const char *uid, const cm_plugin *plugin)
{
    size_t at = 0;
    for (cm_object *object; (object = cm_tree_next(&at));) {
        cm_device *device = (cm_device *)object;
        if (cm_object_is_device(object) && device->alive && (!plugin || device->plugin == plugin) &&
            strcmp(device->description.uid, uid) == 0)
            return device;
    }
    return NULL;
}
