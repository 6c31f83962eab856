#include "container.h"

extern const cm_container cm_container_riff;
extern const cm_container cm_container_aiff;
extern const cm_container cm_container_caf;
extern const cm_container cm_container_au;
extern const cm_container cm_container_mp4;
extern const cm_container cm_container_flac;
extern const cm_container cm_container_ogg;
extern const cm_container cm_container_mpeg;
extern const cm_container cm_container_adts;
extern const cm_container cm_container_ac3;
extern const cm_container cm_container_amr;
extern const cm_container cm_container_loas;

static const cm_container *const table[] = {
    &cm_container_riff,
    &cm_container_aiff,
    &cm_container_caf,
    &cm_container_au,
    &cm_container_mp4,
    &cm_container_flac,
    &cm_container_ogg,
    &cm_container_mpeg,
    &cm_container_adts,
    &cm_container_ac3,
    &cm_container_amr,
    &cm_container_loas,
    NULL,
};

const cm_container *const *cm_container_table(void)
{
    return table;
}
