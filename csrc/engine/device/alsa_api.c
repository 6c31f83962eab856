#include "alsa_api.h"

#include <CoreAudio/AudioHardwareBase.h>

cm_alsa_functions cm_alsa;

static const cm_symbol symbols[] = {
    CM_SYMBOL(cm_alsa, snd_card_next),
    CM_SYMBOL(cm_alsa, snd_ctl_open),
    CM_SYMBOL(cm_alsa, snd_ctl_close),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info_malloc),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info_free),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info_get_id),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info_get_name),
    CM_SYMBOL(cm_alsa, snd_ctl_card_info_get_driver),
    CM_SYMBOL(cm_alsa, snd_ctl_pcm_next_device),
    CM_SYMBOL(cm_alsa, snd_ctl_pcm_info),
    CM_SYMBOL(cm_alsa, snd_ctl_subscribe_events),
    CM_SYMBOL(cm_alsa, snd_ctl_poll_descriptors),
    CM_SYMBOL(cm_alsa, snd_ctl_poll_descriptors_count),
    CM_SYMBOL(cm_alsa, snd_ctl_read),
    CM_SYMBOL(cm_alsa, snd_ctl_event_malloc),
    CM_SYMBOL(cm_alsa, snd_ctl_event_free),
    CM_SYMBOL(cm_alsa, snd_pcm_info_malloc),
    CM_SYMBOL(cm_alsa, snd_pcm_info_free),
    CM_SYMBOL(cm_alsa, snd_pcm_info_set_device),
    CM_SYMBOL(cm_alsa, snd_pcm_info_set_stream),
    CM_SYMBOL(cm_alsa, snd_pcm_info_set_subdevice),
    CM_SYMBOL(cm_alsa, snd_pcm_info_get_name),
    CM_SYMBOL(cm_alsa, snd_device_name_hint),
    CM_SYMBOL(cm_alsa, snd_device_name_get_hint),
    CM_SYMBOL(cm_alsa, snd_device_name_free_hint),
    CM_SYMBOL(cm_alsa, snd_lib_error_set_handler),
    CM_SYMBOL(cm_alsa, snd_pcm_open),
    CM_SYMBOL(cm_alsa, snd_pcm_close),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_malloc),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_free),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_any),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_rate_resample),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_access),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_format),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_channels),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_rate_near),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_period_size_near),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_set_buffer_size_near),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_test_channels),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_test_rate),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_test_format),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_test_access),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_get_channels_max),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_get_period_size),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_get_buffer_size),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_get_period_size_min),
    CM_SYMBOL(cm_alsa, snd_pcm_hw_params_get_buffer_size_max),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_malloc),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_free),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_current),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_set_avail_min),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_set_start_threshold),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_get_boundary),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_set_tstamp_mode),
    CM_SYMBOL(cm_alsa, snd_pcm_sw_params_set_tstamp_type),
    CM_SYMBOL(cm_alsa, snd_pcm_prepare),
    CM_SYMBOL(cm_alsa, snd_pcm_start),
    CM_SYMBOL(cm_alsa, snd_pcm_drop),
    CM_SYMBOL(cm_alsa, snd_pcm_resume),
    CM_SYMBOL(cm_alsa, snd_pcm_link),
    CM_SYMBOL(cm_alsa, snd_pcm_state),
    CM_SYMBOL(cm_alsa, snd_pcm_avail_update),
    CM_SYMBOL(cm_alsa, snd_pcm_htimestamp),
    CM_SYMBOL(cm_alsa, snd_pcm_poll_descriptors_count),
    CM_SYMBOL(cm_alsa, snd_pcm_poll_descriptors),
    CM_SYMBOL(cm_alsa, snd_pcm_poll_descriptors_revents),
    CM_SYMBOL(cm_alsa, snd_pcm_writei),
    CM_SYMBOL(cm_alsa, snd_pcm_readi),
    CM_SYMBOL(cm_alsa, snd_pcm_writen),
    CM_SYMBOL(cm_alsa, snd_pcm_readn),
    CM_SYMBOL(cm_alsa, snd_pcm_mmap_writei),
    CM_SYMBOL(cm_alsa, snd_pcm_mmap_readi),
    CM_SYMBOL(cm_alsa, snd_pcm_mmap_writen),
    CM_SYMBOL(cm_alsa, snd_pcm_mmap_readn),
    CM_SYMBOL(cm_alsa, snd_strerror),
    CM_SYMBOL(cm_alsa, snd_mixer_open),
    CM_SYMBOL(cm_alsa, snd_mixer_close),
    CM_SYMBOL(cm_alsa, snd_mixer_attach),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_register),
    CM_SYMBOL(cm_alsa, snd_mixer_load),
    CM_SYMBOL(cm_alsa, snd_mixer_first_elem),
    CM_SYMBOL(cm_alsa, snd_mixer_elem_next),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_name),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_is_active),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_playback_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_capture_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_playback_volume_joined),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_capture_volume_joined),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_playback_channel),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_capture_channel),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_playback_switch),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_has_capture_switch),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_playback_volume_range),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_capture_volume_range),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_playback_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_capture_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_playback_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_capture_volume),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_playback_dB_range),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_capture_dB_range),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_playback_dB),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_capture_dB),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_playback_dB),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_capture_dB),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_playback_switch),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_get_capture_switch),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_playback_switch_all),
    CM_SYMBOL(cm_alsa, snd_mixer_selem_set_capture_switch_all),
};

static cm_library library = {
    .file = "libasound.so.2",
    .advice = "the ALSA driver needs libasound (Debian: apt install libasound2)",
    CM_SYMBOLS(symbols),
};

static void say_nothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

OSStatus cm_alsa_load(void)
{
    OSStatus status = cm_library_open(&library, kAudioHardwareNotRunningError);
    if (!status)
        cm_alsa.snd_lib_error_set_handler(say_nothing);
    return status;
}

OSStatus cm_alsa_fail(int error, const char *doing, const char *name)
{
    OSStatus status = error == -ENODEV || error == -ENOENT || error == -ENXIO ? kAudioHardwareBadDeviceError
                      : error == -EBUSY || error == -EACCES                   ? kAudioHardwareNotReadyError
                      : error == -ENOMEM                                      ? cmMemFullError
                                         : kAudioHardwareUnspecifiedError;
    return cm_fail(status, "ALSA, %s %s: %s", doing, name, cm_alsa.snd_strerror(error));
}
