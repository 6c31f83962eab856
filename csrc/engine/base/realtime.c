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

unsigned cm_render_suspend(void)
{
    unsigned before = depth;
    depth = 0;
    return before;
}

void cm_render_resume(unsigned before)
{
    depth = before;
}

bool cm_render_active(void)
{
    return depth > 0;
}
