#include "realtime.h"

static _Thread_local unsigned depth;

void cm_render_begin(void)
{
    depth++;
}

void cm_render_end(void)
{
    depth--;
}

bool cm_render_active(void)
{
    return depth > 0;
}
