/*
 * Thru parameters from any bytes, then any messages through them. Parameters that are taken must come back
 * the same, and no message may become more than there is room for.
 */
#include "midi/thru.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cm_thru_state *state;

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void check_data(const cm_thru_plan *plan, const uint8_t *bytes)
{
    CFDataRef data = cm_thru_plan_data(plan);
    must(data && (size_t)CFDataGetLength(data) == MIDIThruConnectionParamsSize(&plan->params));
    must(memcmp(CFDataGetBytePtr(data), bytes, (size_t)CFDataGetLength(data)) == 0);
    CFRelease(data);
}

static void check_messages(const cm_thru_plan *plan, const uint8_t *bytes, size_t size)
{
    uint32_t words[256], count = (uint32_t)(size / 4 < 256 ? size / 4 : 256);
    memcpy(words, bytes, count * sizeof *words);
    memset(state, 0, sizeof *state);
    const uint32_t *at = words, *message;
    while ((message = cm_ump_next(&at, words + count))) {
        uint32_t *out = malloc(CM_THRU_MAX_WORDS * sizeof *out); /* the sanitizer watches its end */
        uint32_t written = cm_thru_apply(plan, state, message, out);
        must(written <= CM_THRU_MAX_WORDS);
        const uint32_t *in = out;
        while (cm_ump_next(&in, out + written))
            ;
        must(in == out + written); /* whole messages */
        free(out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!state)
        state = malloc(sizeof *state);
    cm_thru_plan *plan;
    if (cm_thru_plan_new(data, size, &plan) != noErr) {
        must(plan == NULL);
        return 0;
    }
    size_t used = MIDIThruConnectionParamsSize(&plan->params);
    check_data(plan, data);
    check_messages(plan, data + used, size - used);
    check_messages(plan, data, size);
    free(plan);
    return 0;
}
