/* Listeners to parameters and events as blocks on a dispatch queue. */
#include "dispatch_kit.h"
#include "unit_classes.h"

#include <unistd.h>

enum { GAIN_ID = 10 };

static AudioUnit unit;

static const AudioUnitParameter *gain(void)
{
    static AudioUnitParameter parameter = { .mParameterID = GAIN_ID };
    parameter.mAudioUnit = unit;
    return &parameter;
}

typedef struct diary {
    atomic_int calls, elsewhere;
    _Atomic Float32 value;
    void *_Atomic object;
} diary;

static void note(diary *d, dispatch_queue_t queue, void *object, Float32 value)
{
    atomic_store(&d->value, value);
    atomic_store(&d->object, object);
    atomic_fetch_add(&d->elsewhere, !pthread_equal(pthread_self(), queue->thread));
    atomic_fetch_add(&d->calls, 1);
}

static void wait_for(const atomic_int *count, int wanted)
{
    for (int ms = 0; ms < 5000 && atomic_load(count) < wanted; ms++)
        usleep(1000);
    CHECK_EQ(atomic_load(count), wanted);
}

static void test_values(void)
{
    dispatch_queue_t queue = new_dispatch_queue();
    diary d = { 0 }, *log = &d;
    AUParameterListenerRef listener;
    CHECK_EQ(AUListenerCreateWithDispatchQueue(&listener, 0, queue,
                                               ^(void *object, const AudioUnitParameter *p, Float32 value) {
                                                 CHECK_EQ(p->mParameterID, GAIN_ID);
                                                 note(log, queue, object, value);
                                               }),
             noErr);
    CHECK_EQ(AUListenerAddParameter(listener, &d, gain()), noErr);
    CHECK_EQ(AUParameterSet(NULL, NULL, gain(), 0.5f, 0), noErr);
    wait_for(&d.calls, 1);
    CHECK(d.value == 0.5f && d.object == &d);
    CHECK_EQ(AUListenerDispose(listener), noErr);
    CHECK_EQ(AUParameterSet(NULL, NULL, gain(), 0.25f, 0), noErr);
    end_dispatch_queue(queue);
    CHECK(d.calls == 1 && d.elsewhere == 0);
}

static void test_events(void)
{
    dispatch_queue_t queue = new_dispatch_queue();
    diary d = { 0 }, *log = &d;
    AUEventListenerRef listener;
    __block UInt64 last = 0;
    CHECK_EQ(AUEventListenerCreateWithDispatchQueue(
                 &listener, 0.001f, 0, queue,
                 ^(void *object, const AudioUnitEvent *e, UInt64 time, Float32 value) {
                   CHECK_EQ(e->mEventType, kAudioUnitEvent_ParameterValueChange);
                   CHECK(time >= last);
                   last = time;
                   note(log, queue, object, value);
                 }),
             noErr);
    CHECK_EQ(AUListenerAddParameter(listener, NULL, gain()), noErr);
    for (int i = 1; i <= 200; i++)
        CHECK_EQ(AUParameterSet(NULL, NULL, gain(), (Float32)i / 64, 0), noErr);
    wait_for(&d.calls, 200);
    CHECK(d.value == 200 / 64.0f && d.elsewhere == 0);
    CHECK_EQ(AUListenerDispose(listener), noErr);
    end_dispatch_queue(queue);
}

/* When AUListenerDispose has returned, the block does not run. */
static void test_dispose_waits(void)
{
    for (int i = 0; i < 20; i++) {
        dispatch_queue_t queue = new_dispatch_queue();
        __block AUParameterListenerRef listener;
        atomic_int inside = 0, *state = &inside;
        CHECK_EQ(
            AUListenerCreateWithDispatchQueue(&listener, 0, queue,
                                              ^(void *object, const AudioUnitParameter *p, Float32 value) {
                                                (void)object, (void)p, (void)value;
                                                atomic_store(state, 1);
                                                usleep(3000);
                                                atomic_store(state, 2);
                                              }),
            noErr);
        CHECK_EQ(AUListenerAddParameter(listener, NULL, gain()), noErr);
        CHECK_EQ(AUParameterSet(NULL, NULL, gain(), 1, 0), noErr);
        if (i % 2)
            while (atomic_load(&inside) == 0)
                usleep(50);
        CHECK_EQ(AUListenerDispose(listener), noErr);
        CHECK(atomic_load(&inside) != 1);
        end_dispatch_queue(queue);
    }
}

static void test_errors(void)
{
    dispatch_queue_t queue = new_dispatch_queue();
    AUEventListenerRef listener = NULL;
    CHECK_EQ(AUListenerCreateWithDispatchQueue(&listener, 0, queue, NULL), kAudio_ParamError);
    CHECK_EQ(AUListenerCreateWithDispatchQueue(&listener, 0, NULL,
                                               ^(void *object, const AudioUnitParameter *p, Float32 value) {
                                                 (void)object, (void)p, (void)value;
                                               }),
             kAudio_ParamError);
    CHECK_EQ(AUEventListenerCreateWithDispatchQueue(
                 &listener, 0, -1, queue,
                 ^(void *object, const AudioUnitEvent *e, UInt64 time, Float32 value) {
                   (void)object, (void)e, (void)time, (void)value;
                 }),
             kAudio_ParamError);
    end_dispatch_queue(queue);
}

int main(void)
{
    add_classes();
    unit = new_effect();
    CHECK_EQ(kit_render(unit, 0, 0, 16, kit_list(&out, 2, 16)), noErr);
    check_samples(&out, 2, 0, 16, 1);
    RUN(test_values);
    RUN(test_events);
    RUN(test_dispose_waits);
    RUN(test_errors);
    CHECK_EQ(cm_handle_count(CM_KIND_AU_LISTENER), 0);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    return 0;
}
