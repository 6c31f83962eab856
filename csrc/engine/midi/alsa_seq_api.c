#include "midi/alsa.h"

cm_alsa_seq_functions cm_alsa_seq;

static const cm_symbol symbols[] = {
    CM_SYMBOL(cm_alsa_seq, snd_seq_open),
    CM_SYMBOL(cm_alsa_seq, snd_seq_close),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_id),
    CM_SYMBOL(cm_alsa_seq, snd_seq_set_client_name),
    CM_SYMBOL(cm_alsa_seq, snd_seq_set_client_pool_input),
    CM_SYMBOL(cm_alsa_seq, snd_seq_create_simple_port),
    CM_SYMBOL(cm_alsa_seq, snd_seq_delete_simple_port),
    CM_SYMBOL(cm_alsa_seq, snd_seq_connect_from),
    CM_SYMBOL(cm_alsa_seq, snd_seq_connect_to),
    CM_SYMBOL(cm_alsa_seq, snd_seq_disconnect_from),
    CM_SYMBOL(cm_alsa_seq, snd_seq_event_input),
    CM_SYMBOL(cm_alsa_seq, snd_seq_event_output_direct),
    CM_SYMBOL(cm_alsa_seq, snd_seq_poll_descriptors),
    CM_SYMBOL(cm_alsa_seq, snd_seq_query_next_client),
    CM_SYMBOL(cm_alsa_seq, snd_seq_query_next_port),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_info_malloc),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_info_free),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_info_set_client),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_info_get_client),
    CM_SYMBOL(cm_alsa_seq, snd_seq_client_info_get_name),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_malloc),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_free),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_set_client),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_set_port),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_get_port),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_get_name),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_get_type),
    CM_SYMBOL(cm_alsa_seq, snd_seq_port_info_get_capability),
    CM_SYMBOL(cm_alsa_seq, snd_lib_error_set_handler),
};

static cm_library library = {
    .file = "libasound.so.2",
    .advice = "MIDI through the ALSA sequencer needs libasound (Debian: apt install libasound2)",
    CM_SYMBOLS(symbols),
};

static void say_nothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

OSStatus cm_alsa_seq_load(void)
{
    OSStatus status = cm_library_open(&library, kMIDIServerStartErr);
    if (status == noErr)
        cm_alsa_seq.snd_lib_error_set_handler(say_nothing);
    return status;
}
