#include "alsa.h"

#include "alsa_pcm.h"
#include "alsa_watch.h"

#include <CoreAudio/AudioHardwareBase.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROPOSED_FRAMES = 512 };

/* What a device was found to be able to do: one that is in use, by us perhaps, cannot be asked. */
typedef struct known_device {
    char pcm[CM_DEVICE_TEXT - sizeof CM_ALSA_PREFIX];
    cm_alsa_ability ability[CM_SIDES];
    Float64 rate; /* that was chosen; 0: nobody did */
    bool seen;    /* in this listing */
    struct known_device *next;
} known_device;

typedef struct alsa_driver {
    cm_alsa_watch *watch;
    known_device *known;
} alsa_driver;

typedef struct listing {
    alsa_driver *driver;
    void (*visit)(void *context, const cm_device_description *description);
    void *context;
} listing;

/* Hinted PCMs that are no devices: converters in front of one, or another driver's business. */
static const char *const not_devices[] = { "null",  "lavrate",   "samplerate", "speexrate",
                                           "speex", "upmix",     "vdownmix",   "oss",
                                           "jack",  "usbstream", "pulse",      "pipewire" };

static const struct {
    const char *driver; /* how the name of the card's driver begins */
    UInt32 transport;
} transports[] = {
    { "USB", kAudioDeviceTransportTypeUSB },          { "HDA", kAudioDeviceTransportTypePCI },
    { "Loopback", kAudioDeviceTransportTypeVirtual }, { "Dummy", kAudioDeviceTransportTypeVirtual },
    { "BT", kAudioDeviceTransportTypeBluetooth },
};

const char *cm_alsa_pcm_name(const char *uid)
{
    size_t length = strlen(CM_ALSA_PREFIX);
    return strncmp(uid, CM_ALSA_PREFIX, length) == 0 ? uid + length : NULL;
}

/* ---- describing ------------------------------------------------------------------------------------------
 */

static known_device *recall(alsa_driver *driver, const char *pcm)
{
    known_device *device = driver->known;
    while (device && strcmp(device->pcm, pcm) != 0)
        device = device->next;
    if (device || !(device = calloc(1, sizeof *device)))
        return device;
    snprintf(device->pcm, sizeof device->pcm, "%s", pcm);
    device->next = driver->known;
    driver->known = device;
    return device;
}

static void forget_unseen(alsa_driver *driver)
{
    for (known_device **link = &driver->known; *link;) {
        known_device *device = *link;
        if (device->seen) {
            device->seen = false;
            link = &device->next;
        } else {
            *link = device->next;
            free(device);
        }
    }
}

/* A card's device that is busy now and was never asked: what nearly every one can do. */
static const cm_alsa_ability presumed = {
    .channels = 2, .rate_count = 2, .rates = { 44100, 48000 }, .min_frames = 64, .max_frames = 2048
};

static void learn(known_device *device, cm_side side, bool is_card)
{
    cm_alsa_ability *ability = &device->ability[side], found;
    if (ability->channels)
        return;
    if (cm_alsa_probe(device->pcm, side, &found))
        *ability = found;
    else if (is_card)
        *ability = presumed;
}

static bool can_run_at(const cm_alsa_ability *ability, Float64 rate)
{
    for (UInt32 i = 0; i < ability->rate_count; i++)
        if (ability->rates[i] == rate)
            return true;
    return ability->channels == 0; /* a side that is not there has no objection */
}

static void describe_rates(const known_device *device, cm_device_description *to)
{
    const cm_alsa_ability *in = &device->ability[CM_INPUT], *out = &device->ability[CM_OUTPUT];
    const cm_alsa_ability *first = out->channels ? out : in;
    for (UInt32 i = 0; i < first->rate_count; i++)
        if (can_run_at(in, first->rates[i]) && can_run_at(out, first->rates[i]))
            to->rates[to->rate_count++] = first->rates[i];
    if (to->rate_count == 0) /* sides that never run together: each for itself */
        for (; to->rate_count < first->rate_count; to->rate_count++)
            to->rates[to->rate_count] = first->rates[to->rate_count];
    to->rate = to->rates[0];
    for (UInt32 i = 0; i < to->rate_count; i++)
        if (to->rates[i] == 44100 || to->rates[i] == 48000)
            to->rate = to->rates[i];
    for (UInt32 i = 0; i < to->rate_count; i++)
        if (to->rates[i] == device->rate)
            to->rate = device->rate;
}

static void describe_sizes(const known_device *device, cm_device_description *to)
{
    to->min_buffer_frames = 1;
    to->max_buffer_frames = ~0u;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        const cm_alsa_ability *ability = &device->ability[side];
        if (!ability->channels)
            continue;
        if (ability->min_frames > to->min_buffer_frames)
            to->min_buffer_frames = ability->min_frames;
        if (ability->max_frames < to->max_buffer_frames)
            to->max_buffer_frames = ability->max_frames;
    }
    if (to->max_buffer_frames < to->min_buffer_frames)
        to->max_buffer_frames = to->min_buffer_frames;
    to->buffer_frames = PROPOSED_FRAMES < to->min_buffer_frames   ? to->min_buffer_frames
                        : PROPOSED_FRAMES > to->max_buffer_frames ? to->max_buffer_frames
                                                                  : PROPOSED_FRAMES;
}

static AudioChannelLayoutTag layout_of(UInt32 channels)
{
    return channels == 1   ? kAudioChannelLayoutTag_Mono
           : channels == 2 ? kAudioChannelLayoutTag_Stereo
           : channels == 4 ? kAudioChannelLayoutTag_Quadraphonic
                           : kAudioChannelLayoutTag_DiscreteInOrder | channels;
}

static void show(const listing *list, known_device *device, cm_device_description *to)
{
    device->seen = true;
    if (!device->ability[CM_INPUT].channels && !device->ability[CM_OUTPUT].channels)
        return;
    snprintf(to->uid, sizeof to->uid, "%s%s", CM_ALSA_PREFIX, device->pcm);
    snprintf(to->model_uid, sizeof to->model_uid, "%s", device->pcm);
    describe_rates(device, to);
    describe_sizes(device, to);
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        to->side[side].channels = device->ability[side].channels;
        to->side[side].layout = layout_of(to->side[side].channels);
        if (to->side[side].channels)
            cm_alsa_mixer_describe(device->pcm, side, &to->side[side]);
    }
    list->visit(list->context, to);
}

/* ---- cards -----------------------------------------------------------------------------------------------
 */

static void list_card_device(const listing *list, snd_ctl_t *control, snd_ctl_card_info_t *card,
                             snd_pcm_info_t *info, int number)
{
    char pcm[sizeof((known_device *)0)->pcm];
    cm_device_description description = { .transport = kAudioDeviceTransportTypePCI };
    snprintf(pcm, sizeof pcm, "hw:CARD=%s,DEV=%d", cm_alsa.snd_ctl_card_info_get_id(card), number);
    known_device *device = recall(list->driver, pcm);
    if (!device)
        return;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++) {
        cm_alsa.snd_pcm_info_set_device(info, (unsigned)number);
        cm_alsa.snd_pcm_info_set_subdevice(info, 0);
        cm_alsa.snd_pcm_info_set_stream(info,
                                        side == CM_INPUT ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK);
        if (cm_alsa.snd_ctl_pcm_info(control, info) < 0)
            continue;
        learn(device, side, true);
        snprintf(description.name, sizeof description.name, "%s, %s",
                 cm_alsa.snd_ctl_card_info_get_name(card), cm_alsa.snd_pcm_info_get_name(info));
    }
    const char *kernel_driver = cm_alsa.snd_ctl_card_info_get_driver(card);
    snprintf(description.manufacturer, sizeof description.manufacturer, "%s", kernel_driver);
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        if (strncmp(kernel_driver, transports[i].driver, strlen(transports[i].driver)) == 0)
            description.transport = transports[i].transport;
    if (strstr(description.name, "HDMI"))
        description.transport = kAudioDeviceTransportTypeHDMI;
    show(list, device, &description);
}

/* True when a card has a device. */
static bool list_cards(const listing *list)
{
    bool any = false;
    snd_ctl_card_info_t *card = NULL;
    snd_pcm_info_t *info = NULL;
    bool ready = cm_alsa.snd_ctl_card_info_malloc(&card) == 0 && cm_alsa.snd_pcm_info_malloc(&info) == 0;
    for (int number = -1; ready && cm_alsa.snd_card_next(&number) == 0 && number >= 0;) {
        char name[32];
        snd_ctl_t *control;
        snprintf(name, sizeof name, "hw:%d", number);
        if (cm_alsa.snd_ctl_open(&control, name, SND_CTL_NONBLOCK) < 0)
            continue;
        if (cm_alsa.snd_ctl_card_info(control, card) == 0)
            for (int device = -1; cm_alsa.snd_ctl_pcm_next_device(control, &device) == 0 && device >= 0;) {
                list_card_device(list, control, card, info, device);
                any = true;
            }
        cm_alsa.snd_ctl_close(control);
    }
    if (info)
        cm_alsa.snd_pcm_info_free(info);
    if (card)
        cm_alsa.snd_ctl_card_info_free(card);
    return any;
}

/* ---- devices of the user's configuration -----------------------------------------------------------------
 */

static void list_named(const listing *list, const char *pcm, const char *name)
{
    cm_device_description description = { .transport = kAudioDeviceTransportTypeUnknown };
    known_device *device = strlen(pcm) < sizeof device->pcm ? recall(list->driver, pcm) : NULL;
    if (!device || device->seen)
        return;
    for (cm_side side = CM_INPUT; side < CM_SIDES; side++)
        learn(device, side, false);
    snprintf(description.name, sizeof description.name, "%.*s", (int)strcspn(name, "\n"), name);
    snprintf(description.manufacturer, sizeof description.manufacturer, "ALSA");
    show(list, device, &description);
}

static bool is_a_device(const char *pcm)
{
    if (strstr(pcm, "CARD=")) /* one of the many names of a card's devices, which are listed by themselves */
        return false;
    for (size_t i = 0; i < sizeof not_devices / sizeof *not_devices; i++)
        if (strcmp(pcm, not_devices[i]) == 0)
            return false;
    return true;
}

static void list_hints(const listing *list)
{
    void **hints = NULL;
    list_named(list, "default", "Default");
    if (cm_alsa.snd_device_name_hint(-1, "pcm", &hints) < 0)
        return;
    for (void **hint = hints; *hint; hint++) {
        char *pcm = cm_alsa.snd_device_name_get_hint(*hint, "NAME");
        char *text = cm_alsa.snd_device_name_get_hint(*hint, "DESC");
        if (pcm && is_a_device(pcm))
            list_named(list, pcm, text ? text : pcm);
        free(pcm);
        free(text);
    }
    cm_alsa.snd_device_name_free_hint(hints);
}

/* A card takes its rate from the stream that runs, so the choice is kept for the next one. */
static OSStatus set_rate(void *instance, const char *uid, Float64 rate)
{
    const char *pcm = cm_alsa_pcm_name(uid);
    for (known_device *device = ((alsa_driver *)instance)->known; device && pcm; device = device->next)
        if (strcmp(device->pcm, pcm) == 0) {
            device->rate = rate;
            return 0;
        }
    return kAudioHardwareBadDeviceError;
}

/* ---- the driver ------------------------------------------------------------------------------------------
 */

static OSStatus visit_devices(void *driver,
                              void (*visit)(void *context, const cm_device_description *description),
                              void *context)
{
    listing list = { driver, visit, context };
    /* Where there is no card, names can only lead to a sound server, which may even be started by that. */
    if (list_cards(&list))
        list_hints(&list);
    forget_unseen(driver);
    return 0;
}

typedef struct seeking {
    cm_side side;
    char uid[CM_DEVICE_TEXT];
} seeking;

/* The one called default, else the first. */
static void seek(void *context, const cm_device_description *description)
{
    seeking *s = context;
    bool is_default = strcmp(description->uid, CM_ALSA_PREFIX "default") == 0;
    if (description->side[s->side].channels && (!s->uid[0] || is_default))
        snprintf(s->uid, sizeof s->uid, "%s", description->uid);
}

static OSStatus get_default(void *driver, cm_side side, char uid[CM_DEVICE_TEXT])
{
    seeking s = { .side = side };
    OSStatus status = visit_devices(driver, seek, &s);
    snprintf(uid, CM_DEVICE_TEXT, "%s", s.uid);
    return status;
}

static void close_driver(void *instance)
{
    alsa_driver *driver = instance;
    if (!driver)
        return;
    cm_alsa_watch_end(driver->watch);
    forget_unseen(driver);
    free(driver);
}

static void count(void *context, const cm_device_description *description)
{
    (void)description;
    ++*(int *)context;
}

static OSStatus open_driver(const cm_driver_host *host, void **out)
{
    OSStatus status = cm_alsa_load();
    if (status)
        return status;
    alsa_driver *driver = calloc(1, sizeof *driver);
    if (!driver)
        return cmMemFullError;
    int found = 0;
    visit_devices(driver, count, &found);
    if (found == 0)
        status = cm_fail(kAudioHardwareNotRunningError, "this machine has no sound card for ALSA");
    else if (!(driver->watch = cm_alsa_watch_begin(host)))
        status = cmMemFullError;
    if (status)
        close_driver(driver);
    else
        *out = driver;
    return status;
}

const cm_driver cm_driver_alsa = {
    .name = "alsa",
    .open = open_driver,
    .close = close_driver,
    .devices = visit_devices,
    .get_default = get_default,
    .set_rate = set_rate,
    .set_volume = cm_alsa_set_volume,
    .set_mute = cm_alsa_set_mute,
    .io_open = cm_alsa_io_open,
    .io_start = cm_alsa_io_start,
    .io_stop = cm_alsa_io_stop,
    .io_close = cm_alsa_io_close,
    .io_time = cm_alsa_io_time,
};
