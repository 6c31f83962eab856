#include "alsa_watch.h"

#include "alsa_api.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    MAX_CARDS = 32,
    SETTLE_MS = 200, /* from a card's first file until all have come and may be opened */
    WAKE = 0,
    FILES = 1,
    FIRST_CARD = 2
};

struct cm_alsa_watch {
    cm_driver_host host;
    pthread_t thread;
    _Atomic bool ending;
    snd_ctl_event_t *event;
    snd_ctl_t *cards[MAX_CARDS];
    struct pollfd polls[FIRST_CARD + MAX_CARDS];
    int card_count;
};

static void close_cards(cm_alsa_watch *watch)
{
    while (watch->card_count > 0)
        cm_alsa.snd_ctl_close(watch->cards[--watch->card_count]);
}

static void open_cards(cm_alsa_watch *watch)
{
    for (int number = -1; cm_alsa.snd_card_next(&number) == 0 && number >= 0;) {
        char name[32];
        snd_ctl_t *card;
        snprintf(name, sizeof name, "hw:%d", number);
        if (watch->card_count == MAX_CARDS || cm_alsa.snd_ctl_open(&card, name, SND_CTL_NONBLOCK) < 0)
            continue;
        struct pollfd *slot = &watch->polls[FIRST_CARD + watch->card_count];
        if (cm_alsa.snd_ctl_subscribe_events(card, 1) < 0 ||
            cm_alsa.snd_ctl_poll_descriptors_count(card) != 1 ||
            cm_alsa.snd_ctl_poll_descriptors(card, slot, 1) != 1)
            cm_alsa.snd_ctl_close(card);
        else
            watch->cards[watch->card_count++] = card;
    }
}

/* Until there is a first card, there may be no folder for them. */
static void watch_files(cm_alsa_watch *watch)
{
    struct pollfd *slot = &watch->polls[FILES];
    if (slot->fd >= 0)
        close(slot->fd);
    slot->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    slot->events = POLLIN;
    if (slot->fd >= 0 && inotify_add_watch(slot->fd, "/dev/snd", IN_CREATE | IN_DELETE | IN_DELETE_SELF) < 0)
        inotify_add_watch(slot->fd, "/dev", IN_CREATE | IN_DELETE);
}

static void *work(void *context)
{
    cm_alsa_watch *watch = context;
    while (!atomic_load(&watch->ending)) {
        poll(watch->polls, (nfds_t)(FIRST_CARD + watch->card_count), -1);
        bool cards_changed = watch->polls[FILES].revents != 0, changed = cards_changed;
        for (int i = 0; i < watch->card_count; i++) {
            short told = watch->polls[FIRST_CARD + i].revents;
            cards_changed |= (told & (POLLERR | POLLHUP | POLLNVAL)) != 0;
            while (told && cm_alsa.snd_ctl_read(watch->cards[i], watch->event) > 0)
                changed = true;
        }
        if (cards_changed && poll(watch->polls, 1, SETTLE_MS) == 0) {
            close_cards(watch);
            watch_files(watch);
            open_cards(watch);
        }
        if ((changed || cards_changed) && !atomic_load(&watch->ending))
            watch->host.changed(watch->host.context);
    }
    return NULL;
}

static void release(cm_alsa_watch *watch)
{
    close_cards(watch);
    for (int i = WAKE; i < FIRST_CARD; i++)
        if (watch->polls[i].fd >= 0)
            close(watch->polls[i].fd);
    if (watch->event)
        cm_alsa.snd_ctl_event_free(watch->event);
    free(watch);
}

cm_alsa_watch *cm_alsa_watch_begin(const cm_driver_host *host)
{
    cm_alsa_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->host = *host;
    watch->polls[WAKE] = (struct pollfd){ .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };
    watch->polls[FILES].fd = -1;
    watch_files(watch);
    open_cards(watch);
    if (watch->polls[WAKE].fd >= 0 && cm_alsa.snd_ctl_event_malloc(&watch->event) == 0 &&
        pthread_create(&watch->thread, NULL, work, watch) == 0)
        return watch;
    release(watch);
    return NULL;
}

void cm_alsa_watch_end(cm_alsa_watch *watch)
{
    if (!watch)
        return;
    atomic_store(&watch->ending, true);
    eventfd_write(watch->polls[WAKE].fd, 1);
    pthread_join(watch->thread, NULL);
    release(watch);
}
