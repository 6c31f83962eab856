#include "smpb.h"

#include <stdio.h>

bool cm_smpb_parse(const char *text, cm_smpb *smpb)
{
    unsigned zero, front, back;
    unsigned long long frames;
    if (sscanf(text, " %8x %8x %8x %16llx", &zero, &front, &back, &frames) != 4)
        return false;
    *smpb = (cm_smpb){ front, back, frames };
    return frames > 0 || front > 0 || back > 0;
}

void cm_smpb_print(const cm_smpb *smpb, char text[CM_SMPB_SIZE])
{
    snprintf(
        text, CM_SMPB_SIZE,
        " 00000000 %08X %08X %016llX 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
        (unsigned)smpb->priming, (unsigned)smpb->remainder, (unsigned long long)smpb->valid);
}
