#include "soxr_bank.h"

#include "../base/workers.h"

#include <AudioToolbox/AudioConverter.h>

#define MOST_CUBIC_RATIO 64.0            /* beyond, soxr's fastest recipe does not hold up */
#define STEP_FRAMES ((size_t)1 << 12)    /* given to soxr at once: what it keeps stays in the second cache */
#define SHARED_SAMPLES ((size_t)1 << 15) /* fewer are done before a worker is awake */

static unsigned long recipe_of(const cm_resample_config *c)
{
    static const struct {
        UInt32 quality;
        unsigned long normal, mastering;
    } recipes[] = {
        { kAudioConverterQuality_Max, SOXR_28_BITQ, SOXR_32_BITQ },
        { kAudioConverterQuality_High, SOXR_20_BITQ, SOXR_28_BITQ },
        { kAudioConverterQuality_Medium, SOXR_MQ, SOXR_24_BITQ },
        { kAudioConverterQuality_Low, SOXR_LQ, SOXR_20_BITQ },
        { kAudioConverterQuality_Min, SOXR_QQ, SOXR_20_BITQ },
    };
    size_t i = 0;
    while (c->quality < recipes[i].quality)
        i++;
    bool mastering = c->complexity == kAudioConverterSampleRateConverterComplexity_Mastering;
    unsigned long recipe = mastering ? recipes[i].mastering : recipes[i].normal;
    double ratio = c->to_rate / c->from_rate;
    if (recipe == SOXR_QQ && (ratio > MOST_CUBIC_RATIO || ratio < 1 / MOST_CUBIC_RATIO))
        recipe = SOXR_LQ;
    bool minimum = c->complexity == kAudioConverterSampleRateConverterComplexity_MinimumPhase;
    return recipe | (minimum ? SOXR_MINIMUM_PHASE : SOXR_LINEAR_PHASE);
}

static OSStatus make_soxr(const cm_resample_config *c, UInt32 channels, soxr_t *out)
{
    soxr_datatype_t type = c->is_wide ? SOXR_FLOAT64_S : SOXR_FLOAT32_S;
    soxr_io_spec_t io = soxr_io_spec(type, type);
    soxr_quality_spec_t quality = soxr_quality_spec(recipe_of(c), c->is_wide ? SOXR_DOUBLE_PRECISION : 0);
    soxr_error_t error = NULL;
    *out = soxr_create(c->from_rate, c->to_rate, channels, &error, &io, &quality, NULL);
    if (error || !*out)
        return cm_fail(kAudioConverterErr_UnspecifiedError, "soxr: %s", error ? error : "no memory");
    return noErr;
}

static UInt32 first_channel(const cm_soxr_bank *bank, size_t group)
{
    return (UInt32)(bank->channels * group / bank->groups);
}

OSStatus cm_soxr_bank_open(cm_soxr_bank *bank, const cm_resample_config *config, UInt32 channels,
                           UInt32 groups)
{
    OSStatus status = noErr;
    if (groups > CM_SOXR_MOST_GROUPS)
        groups = CM_SOXR_MOST_GROUPS;
    if (groups > channels)
        groups = channels;
    *bank = (cm_soxr_bank){ .groups = groups, .channels = channels, .bytes = config->is_wide ? 8 : 4 };
    for (UInt32 i = 0; status == noErr && i < groups; i++)
        status = make_soxr(config, first_channel(bank, i + 1) - first_channel(bank, i), &bank->soxr[i]);
    return status;
}

void cm_soxr_bank_close(cm_soxr_bank *bank)
{
    for (UInt32 i = 0; i < bank->groups; i++)
        soxr_delete(bank->soxr[i]);
    *bank = (cm_soxr_bank){ 0 };
}

typedef struct processing {
    const cm_soxr_bank *bank;
    const void *const *in;
    void *const *out;
    size_t frames, room;
    size_t done[CM_SOXR_MOST_GROUPS], made[CM_SOXR_MOST_GROUPS];
    soxr_error_t errors[CM_SOXR_MOST_GROUPS];
} processing;

/* One call of soxr for a group, from where the last one ended. */
static bool step(processing *p, size_t group, size_t *done, size_t *made)
{
    const cm_soxr_bank *bank = p->bank;
    const void *ins[CM_MAX_CHANNELS];
    void *outs[CM_MAX_CHANNELS];
    UInt32 first = first_channel(bank, group), end = first_channel(bank, group + 1);
    size_t left = p->frames - *done, taken = 0, given = 0;
    for (UInt32 c = first; c < end; c++) {
        ins[c - first] = (const UInt8 *)p->in[c] + *done * bank->bytes;
        outs[c - first] = (UInt8 *)p->out[c] + *made * bank->bytes;
    }
    p->errors[group] = soxr_process(bank->soxr[group], ins, left < STEP_FRAMES ? left : STEP_FRAMES, &taken,
                                    outs, p->room - *made, &given);
    *done += taken;
    *made += given;
    return !p->errors[group] && (taken > 0 || given > 0) && *done < p->frames && *made < p->room;
}

static void run_group(void *context, size_t group)
{
    processing *p = context;
    size_t done = 0, made = 0;
    while (step(p, group, &done, &made))
        ;
    p->done[group] = done;
    p->made[group] = made;
}

OSStatus cm_soxr_bank_process(cm_soxr_bank *bank, const void *const *in, size_t frames, size_t *done,
                              void *const *out, size_t room, size_t *made)
{
    processing p = { .bank = bank, .in = in, .out = out, .frames = frames, .room = room };
    if (frames * bank->channels >= SHARED_SAMPLES)
        cm_workers_run(bank->groups, run_group, &p);
    else
        for (UInt32 i = 0; i < bank->groups; i++)
            run_group(&p, i);
    *done = p.done[0];
    *made = p.made[0];
    for (UInt32 i = 0; i < bank->groups; i++)
        if (p.errors[i])
            return cm_fail(kAudioConverterErr_UnspecifiedError, "soxr: %s", p.errors[i]);
    return noErr;
}
