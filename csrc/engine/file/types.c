#include "types.h"

#include <string.h>
#include <strings.h>

const cm_file_type *cm_file_type_at(size_t index)
{
    for (const cm_container *const *c = cm_container_table(); *c; c++) {
        if (index < (*c)->type_count)
            return &(*c)->types[index];
        index -= (*c)->type_count;
    }
    return NULL;
}

const cm_file_type *cm_file_type_find(AudioFileTypeID id, const cm_container **container)
{
    for (const cm_container *const *c = cm_container_table(); *c; c++)
        for (size_t i = 0; i < (*c)->type_count; i++)
            if ((*c)->types[i].id == id) {
                if (container)
                    *container = *c;
                return &(*c)->types[i];
            }
    return NULL;
}

AudioFileTypeID cm_file_type_for_extension(const char *extension)
{
    const cm_file_type *type;
    for (size_t i = 0; (type = cm_file_type_at(i)); i++)
        for (const char *const *e = type->extensions; e && *e; e++)
            if (strcasecmp(*e, extension) == 0)
                return type->id;
    return 0;
}

AudioFileTypeID cm_file_type_for_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return dot ? cm_file_type_for_extension(dot + 1) : 0;
}

bool cm_format_in(const AudioFormatID *list, AudioFormatID format)
{
    for (; list && *list; list++)
        if (*list == format)
            return true;
    return false;
}
