/* encode.h: what encode.c asks of the table of encoders. All functions are [any]. */
#ifndef CM_FFMPEG_ENCODE_H
#define CM_FFMPEG_ENCODE_H

#include "av.h"

/* The functions of every encoder's codec member; encode.c. */
OSStatus cm_av_encoder_open(const cm_codec *codec, const cm_codec_config *config, void **instance,
                            cm_codec_info *info);
void cm_av_encoder_close(void *instance);
OSStatus cm_av_encoder_reset(void *instance);
OSStatus cm_av_encoder_send(void *instance, const void *const *planes, size_t frames);
OSStatus cm_av_encoder_receive(void *instance, cm_packet *packet);
OSStatus cm_av_encoder_cookie(void *instance, const void **cookie, size_t *size);

/* noErr when the codec's limits allow what config asks for; else says what they are. */
OSStatus cm_av_check_encoder(const cm_codec *codec, const cm_codec_config *config);

/*
 * Sets the sample format, bit rate and quality of a context whose rate and channels are set; options are for
 * avcodec_open2, the caller's to free.
 */
OSStatus cm_av_configure_encoder(AVCodecContext *context, const cm_av_codec *kind,
                                 const cm_codec_config *config, AVDictionary **options);

/* After opening: mFormatFlags (the bit depth of lossless formats) and an upper bound of packet sizes. */
UInt32 cm_av_format_flags(const AVCodecContext *context);
UInt32 cm_av_largest_packet(const AVCodecContext *context);

#endif
