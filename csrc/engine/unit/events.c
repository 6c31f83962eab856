#include "events.h"

void cm_events_init(cm_event_queue *queue)
{
    for (UInt64 i = 0; i < CM_EVENTS; i++)
        atomic_init(&queue->slots[i].turn, i);
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);
}

bool cm_events_put(cm_event_queue *queue, const cm_event *event)
{
    UInt64 place = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    for (;;) {
        UInt64 turn = atomic_load_explicit(&queue->slots[place % CM_EVENTS].turn, memory_order_acquire);
        if (turn < place)
            return false;
        if (turn > place)
            place = atomic_load_explicit(&queue->tail, memory_order_relaxed);
        else if (atomic_compare_exchange_weak(&queue->tail, &place, place + 1))
            break;
    }
    queue->slots[place % CM_EVENTS].event = *event;
    atomic_store_explicit(&queue->slots[place % CM_EVENTS].turn, place + 1, memory_order_release);
    return true;
}

bool cm_events_take(cm_event_queue *queue, cm_event *event)
{
    UInt64 place = atomic_load_explicit(&queue->head, memory_order_relaxed);
    if (atomic_load_explicit(&queue->slots[place % CM_EVENTS].turn, memory_order_acquire) != place + 1)
        return false;
    *event = queue->slots[place % CM_EVENTS].event;
    atomic_store_explicit(&queue->slots[place % CM_EVENTS].turn, place + CM_EVENTS, memory_order_release);
    atomic_store_explicit(&queue->head, place + 1, memory_order_relaxed);
    return true;
}
