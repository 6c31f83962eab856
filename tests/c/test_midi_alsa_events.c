/* Events of the ALSA sequencer and bytes, beside libasound's own translation. */
#include "midi_kit.h"

#include "midi/alsa.h"

static cm_library library;
static struct {
    CM_SYMBOL_OF(snd_midi_event_new);
    CM_SYMBOL_OF(snd_midi_event_free);
    CM_SYMBOL_OF(snd_midi_event_encode);
    CM_SYMBOL_OF(snd_midi_event_decode);
    CM_SYMBOL_OF(snd_midi_event_no_status);
    CM_SYMBOL_OF(snd_midi_event_reset_decode);
} theirs;

static const cm_symbol symbols[] = {
    CM_SYMBOL(theirs, snd_midi_event_new),       CM_SYMBOL(theirs, snd_midi_event_free),
    CM_SYMBOL(theirs, snd_midi_event_encode),    CM_SYMBOL(theirs, snd_midi_event_decode),
    CM_SYMBOL(theirs, snd_midi_event_no_status), CM_SYMBOL(theirs, snd_midi_event_reset_decode),
};

static snd_midi_event_t *coder;

static void check_message(const uint8_t *bytes, size_t size)
{
    snd_seq_event_t ours, reference;
    uint8_t back[CM_ALSA_EVENT_BYTES];
    snd_seq_ev_clear(&ours);
    snd_seq_ev_clear(&reference);
    CHECK_EQ(theirs.snd_midi_event_encode(coder, bytes, (long)size, &reference), size);
    CHECK(cm_alsa_event_set(&ours, bytes, size));
    CHECK_EQ(ours.type, reference.type);
    CHECK(memcmp(&ours.data, &reference.data, sizeof ours.data) == 0);
    CHECK_EQ(cm_alsa_event_bytes(&reference, back), size);
    CHECK(memcmp(back, bytes, size) == 0);
}

static void test_every_message(void)
{
    for (unsigned status = 0x80; status < 0x100; status++) {
        size_t size = cm_midi_message_size((uint8_t)status);
        for (unsigned value = 0; size && value<128 * 128; value += size> 2 ? 7 : 128) {
            const uint8_t bytes[] = { (uint8_t)status, (uint8_t)(value >> 7), (uint8_t)(value & 127) };
            check_message(bytes, size);
            if (size == 1)
                break;
        }
    }
}

static void check_event(snd_seq_event_type_t type, unsigned param, int value)
{
    uint8_t ours[CM_ALSA_EVENT_BYTES], reference[CM_ALSA_EVENT_BYTES];
    snd_seq_event_t event;
    snd_seq_ev_clear(&event);
    event.type = type;
    event.data.control = (snd_seq_ev_ctrl_t){ .channel = 3, .param = param, .value = value };
    theirs.snd_midi_event_reset_decode(coder);
    long size = theirs.snd_midi_event_decode(coder, reference, sizeof reference, &event);
    CHECK_EQ(cm_alsa_event_bytes(&event, ours), size);
    CHECK(memcmp(ours, reference, (size_t)size) == 0);
}

static void test_wide_events(void)
{
    for (unsigned param = 0; param < 16384; param += 31) {
        check_event(SND_SEQ_EVENT_NONREGPARAM, param, (int)(param * 7 & 0x3FFF));
        check_event(SND_SEQ_EVENT_REGPARAM, param, (int)(param * 5 & 0x3FFF));
    }
    for (unsigned param = 0; param < 32; param++)
        check_event(SND_SEQ_EVENT_CONTROL14, param, (int)(param * 499 & 0x3FFF));
    check_event(SND_SEQ_EVENT_CONTROL14, 64, 127);
}

static void test_no_midi(void)
{
    uint8_t bytes[CM_ALSA_EVENT_BYTES];
    snd_seq_event_t event;
    snd_seq_ev_clear(&event);
    event.type = SND_SEQ_EVENT_PORT_START;
    CHECK_EQ(cm_alsa_event_bytes(&event, bytes), 0);
    CHECK(!cm_alsa_event_set(&event, (const uint8_t[]){ 0x90, 1 }, 2));
    CHECK(!cm_alsa_event_set(&event, (const uint8_t[]){ 0xF0 }, 1));
    CHECK(!cm_alsa_event_set(&event, (const uint8_t[]){ 0x10 }, 1));
}

int main(void)
{
    library = (cm_library){ .file = "libasound.so.2", .advice = "for this test", CM_SYMBOLS(symbols) };
    if (cm_library_open(&library, kMIDIServerStartErr) != noErr) {
        puts("skipped: libasound is not installed");
        return 0;
    }
    CHECK_EQ(theirs.snd_midi_event_new(256, &coder), 0);
    theirs.snd_midi_event_no_status(coder, 1); /* no running status */
    RUN(test_every_message);
    RUN(test_wide_events);
    RUN(test_no_midi);
    theirs.snd_midi_event_free(coder);
    return 0;
}
