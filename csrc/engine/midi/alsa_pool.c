/*
 * How much room the sequencer has for another program's events. libasound tells only of our own client, so
 * the kernel is asked; its header and libasound's do not go together in one file.
 */
#include <sound/asequencer.h>

#include "midi/alsa_send.h"

#include <string.h>
#include <sys/ioctl.h>

int cm_alsa_room(int descriptor, int client, uint8_t stuck[CM_ALSA_CLIENTS / 8], int mark_below)
{
    struct snd_seq_client_pool pool;
    uint8_t bit = (uint8_t)(1 << (client & 7)), none = 0;
    uint8_t *at = stuck && client >= 0 && client < CM_ALSA_CLIENTS ? &stuck[client / 8] : &none;
    memset(&pool, 0, sizeof pool);
    pool.client = client;
    if (ioctl(descriptor, SNDRV_SEQ_IOCTL_GET_CLIENT_POOL, &pool) < 0 || pool.input_pool <= 0)
        return CM_ALSA_ROOM_UNKNOWN;
    if (pool.input_free < mark_below)
        *at |= bit;
    else if (pool.input_free >= pool.input_pool / 2)
        *at &= (uint8_t)~bit;
    return *at & bit ? CM_ALSA_ROOM_UNKNOWN : pool.input_free;
}

int cm_alsa_subscribers_room(int descriptor, int client, int port, uint8_t stuck[CM_ALSA_CLIENTS / 8],
                             int mark_below)
{
    struct snd_seq_query_subs query;
    int least = CM_ALSA_ROOM_UNKNOWN;
    memset(&query, 0, sizeof query);
    query.root.client = (unsigned char)client;
    query.root.port = (unsigned char)port;
    query.type = SNDRV_SEQ_QUERY_SUBS_READ;
    for (int i = 0; i < CM_ALSA_SUBSCRIBERS; i++) {
        query.index = i;
        if (ioctl(descriptor, SNDRV_SEQ_IOCTL_QUERY_SUBS, &query) < 0)
            break;
        int room = cm_alsa_room(descriptor, query.addr.client, stuck, mark_below);
        least = room < least ? room : least;
    }
    return least;
}
