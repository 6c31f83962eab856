/* AUParameterListener, AUEventListener, and parameters as positions and text. */
#include "unit_classes.h"

#include <CoreAudio/HostTime.h>
#include <pthread.h>
#include <unistd.h>

enum { GAIN_ID = 10, OFFSET_ID = 11, KEPT = 64 };

/* What a listener heard. */
typedef struct diary {
    UInt32 count;
    void *objects[KEPT];
    AudioUnitEvent events[KEPT];
    UInt64 times[KEPT];
    Float32 values[KEPT];
    AUEventListenerRef disposes; /* of itself, when it is called */
} diary;

static AudioUnit unit;

static AudioUnitParameter parameter(AudioUnitParameterID id)
{
    return (AudioUnitParameter){ unit, id, kAudioUnitScope_Global, 0 };
}

static AudioUnitEvent event(AudioUnitEventType type, AudioUnitParameterID id)
{
    return (AudioUnitEvent){ type, { .mParameter = parameter(id) } };
}

static void hear_event(void *user, void *object, const AudioUnitEvent *e, UInt64 time, Float32 value)
{
    diary *d = user;
    CHECK(d->count < KEPT);
    d->objects[d->count] = object;
    d->events[d->count] = *e;
    d->times[d->count] = time;
    d->values[d->count++] = value;
    if (d->disposes)
        CHECK_EQ(AUListenerDispose(d->disposes), noErr);
}

static void hear_value(void *user, void *object, const AudioUnitParameter *p, Float32 value)
{
    const AudioUnitEvent e = { kAudioUnitEvent_ParameterValueChange, { .mParameter = *p } };
    hear_event(user, object, &e, 0, value);
}

static void run(double seconds)
{
    CFRunLoopRunInMode(kCFRunLoopDefaultMode, seconds, false);
}

static AUParameterListenerRef new_listener(diary *d, Float32 interval)
{
    AUParameterListenerRef listener = NULL;
    *d = (diary){ 0 };
    CHECK_EQ(AUListenerCreate(hear_value, d, NULL, NULL, interval, &listener), noErr);
    return listener;
}

static AUEventListenerRef new_event_listener(diary *d, Float32 interval, Float32 granularity)
{
    AUEventListenerRef listener = NULL;
    *d = (diary){ 0 };
    CHECK_EQ(AUEventListenerCreate(hear_event, d, NULL, NULL, interval, granularity, &listener), noErr);
    return listener;
}

static void listen_to(AUParameterListenerRef listener, void *object, AudioUnitParameterID id)
{
    const AudioUnitParameter p = parameter(id);
    CHECK_EQ(AUListenerAddParameter(listener, object, &p), noErr);
}

static void change(AUParameterListenerRef sender, void *object, AudioUnitParameterID id, Float32 value)
{
    const AudioUnitParameter p = parameter(id);
    CHECK_EQ(AUParameterSet(sender, object, &p, value, 0), noErr);
}

static void test_values(void)
{
    diary view, other;
    int knob, slider;
    AUParameterListenerRef one = new_listener(&view, 0), two = new_listener(&other, 0);
    listen_to(one, &knob, GAIN_ID);
    listen_to(one, &knob, GAIN_ID); /* twice is once */
    listen_to(one, &slider, GAIN_ID);
    listen_to(two, &knob, GAIN_ID);
    change(one, &knob, GAIN_ID, 0.5f);
    CHECK_EQ(view.count, 0); /* on the run loop only */
    run(0);
    CHECK_EQ(view.count, 1); /* but for the knob that was turned */
    CHECK(view.objects[0] == &slider && view.values[0] == 0.5f);
    CHECK_EQ(view.events[0].mArgument.mParameter.mParameterID, GAIN_ID);
    CHECK(other.count == 1 && other.objects[0] == &knob && other.values[0] == 0.5f);
    CHECK_EQ(kit_render(unit, 0, 0, 64, kit_list(&out, 2, 64)), noErr); /* the unit has it, too */
    check_samples(&out, 2, 0, 64, 0.5f);
    CHECK_EQ(AudioUnitSetParameter(unit, GAIN_ID, 0, 0, 0.25f, 0), noErr); /* sets, and tells nobody */
    run(0);
    CHECK_EQ(other.count, 1);
    const AudioUnitParameter any = parameter(kAUParameterListener_AnyParameter);
    listen_to(two, &slider, OFFSET_ID);
    CHECK_EQ(AUParameterListenerNotify(NULL, NULL, &any), noErr);
    run(0);
    CHECK_EQ(other.count, 3);
    CHECK_EQ(view.count, 3);
    CHECK_EQ(view.values[1], 0.25f);
    CHECK_EQ(AUListenerDispose(one), noErr);
    CHECK_EQ(AUListenerDispose(two), noErr);
    CHECK_EQ(AUListenerDispose(two), kAudio_ParamError);
}

/* Within the interval a parameter listener hears the last value alone. */
static void test_interval(void)
{
    diary d;
    AUParameterListenerRef listener = new_listener(&d, 0.2f);
    listen_to(listener, NULL, GAIN_ID);
    change(NULL, NULL, GAIN_ID, 1);
    run(0);
    CHECK_EQ(d.count, 1);
    UInt64 first = AudioGetCurrentHostTime();
    for (int i = 0; i < 10; i++)
        change(NULL, NULL, GAIN_ID, (Float32)i / 8);
    run(0.01);
    CHECK_EQ(d.count, 1);
    while (d.count < 2)
        run(0.01);
    CHECK(AudioConvertHostTimeToNanos(AudioGetCurrentHostTime() - first) > 150000000);
    run(0.25);
    CHECK(d.count == 2 && d.values[1] == 9 / 8.0f);
    change(NULL, NULL, GAIN_ID, 0); /* long after: at once */
    run(0);
    CHECK_EQ(d.count, 3);
    CHECK_EQ(AUListenerDispose(listener), noErr);
}

/* Gestures and values in the order in which they were told, values together only between gestures. */
static void test_events(void)
{
    diary d;
    AUEventListenerRef listener = new_event_listener(&d, 0, 60);
    static const AudioUnitEventType types[] = { kAudioUnitEvent_BeginParameterChangeGesture,
                                                kAudioUnitEvent_ParameterValueChange,
                                                kAudioUnitEvent_EndParameterChangeGesture };
    for (int i = 0; i < 3; i++) {
        const AudioUnitEvent e = event(types[i], GAIN_ID);
        CHECK_EQ(AUEventListenerAddEventType(listener, NULL, &e), noErr);
    }
    UInt64 before = AudioGetCurrentHostTime();
    for (int turn = 0; turn < 2; turn++) {
        const AudioUnitEvent begins = event(types[0], GAIN_ID), ends = event(types[2], GAIN_ID);
        CHECK_EQ(AUEventListenerNotify(NULL, NULL, &begins), noErr);
        change(NULL, NULL, GAIN_ID, 0.125f);
        change(NULL, NULL, GAIN_ID, (Float32)turn);
        CHECK_EQ(AUEventListenerNotify(NULL, NULL, &ends), noErr);
    }
    run(0);
    CHECK_EQ(d.count, 6);
    for (UInt32 i = 0; i < 6; i++) {
        CHECK_EQ(d.events[i].mEventType, types[i % 3]);
        CHECK(d.times[i] >= before && d.times[i] <= AudioGetCurrentHostTime());
        before = d.times[i];
    }
    CHECK(d.values[1] == 0 && d.values[4] == 1);
    const AudioUnitEvent value = event(kAudioUnitEvent_ParameterValueChange, GAIN_ID);
    change(NULL, NULL, GAIN_ID, 3);
    CHECK_EQ(AUEventListenerRemoveEventType(listener, NULL, &value), noErr);
    run(0);
    CHECK_EQ(d.count, 6);
    CHECK_EQ(AUListenerDispose(listener), noErr);
}

/* Without a granularity every value is heard. */
static void test_every_value(void)
{
    diary d;
    AUEventListenerRef listener = new_event_listener(&d, 0, 0);
    listen_to(listener, NULL, GAIN_ID);
    for (int i = 0; i < 8; i++)
        change(NULL, NULL, GAIN_ID, (Float32)i / 4);
    run(0);
    CHECK_EQ(d.count, 8);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(d.values[i], (Float32)i / 4);
    CHECK_EQ(AUListenerDispose(listener), noErr);
}

static void test_properties(void)
{
    diary d;
    AUEventListenerRef listener = new_event_listener(&d, 0, 0);
    AudioUnitEvent e = { kAudioUnitEvent_PropertyChange,
                         { .mProperty = { unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0 } } };
    AudioUnitEvent input = { kAudioUnitEvent_PropertyChange,
                             { .mProperty = { unit, kAudioUnitProperty_StreamFormat, kAudioUnitScope_Input,
                                              0 } } };
    AudioUnitEvent output = input;
    output.mArgument.mProperty.mScope = kAudioUnitScope_Output;
    CHECK_EQ(AUEventListenerAddEventType(listener, &d, &e), noErr);
    CHECK_EQ(AUEventListenerAddEventType(listener, &d, &input), noErr);
    CHECK_EQ(AUEventListenerAddEventType(listener, NULL, &output), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 600), noErr);
    run(0);
    CHECK_EQ(d.count, 1);
    CHECK_EQ(d.events[0].mArgument.mProperty.mPropertyID, kAudioUnitProperty_MaximumFramesPerSlice);
    CHECK_EQ(AUEventListenerRemoveEventType(listener, &d, &input), noErr);
    CHECK_EQ(kit_set_format(unit, kAudioUnitScope_Output, 0, 32000, 2, 32,
                            kAudioFormatFlagIsFloat | kAudioFormatFlagIsNonInterleaved),
             noErr);
    run(0);
    CHECK(d.count >= 2);
    for (UInt32 i = 1; i < d.count; i++)
        CHECK(d.objects[i] == NULL && d.events[i].mArgument.mProperty.mScope == kAudioUnitScope_Output);
    UInt32 count = d.count;
    CHECK_EQ(AUListenerDispose(listener), noErr);
    CHECK_EQ(kit_set_word(unit, kAudioUnitProperty_MaximumFramesPerSlice, 0, 0, 512), noErr);
    run(0);
    CHECK_EQ(d.count, count);
}

static void test_disposing_of_itself(void)
{
    diary d;
    AUEventListenerRef listener = new_event_listener(&d, 0, 0);
    listen_to(listener, NULL, GAIN_ID);
    d.disposes = listener;
    change(NULL, NULL, GAIN_ID, 1);
    change(NULL, NULL, GAIN_ID, 2);
    run(0.05);
    CHECK_EQ(d.count, 1);
    CHECK_EQ(AUListenerDispose(listener), kAudio_ParamError);
}

static void test_errors(void)
{
    diary d;
    AUParameterListenerRef listener = new_listener(&d, 0);
    AudioUnitParameter p = parameter(GAIN_ID), any = parameter(kAUParameterListener_AnyParameter), gone = p;
    AudioUnitEvent gesture = event(kAudioUnitEvent_BeginParameterChangeGesture, GAIN_ID);
    gone.mAudioUnit = (AudioUnit)(uintptr_t)12345;
    CHECK_EQ(AUListenerCreate(NULL, NULL, NULL, NULL, 0, &listener), kAudio_ParamError);
    CHECK_EQ(AUListenerCreate(hear_value, NULL, NULL, NULL, -1, &listener), kAudio_ParamError);
    CHECK_EQ(AUListenerAddParameter(listener, NULL, &any), kAudio_ParamError);
    CHECK_EQ(AUListenerAddParameter(listener, NULL, &gone), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AUListenerAddParameter(listener, NULL, NULL), kAudio_ParamError);
    CHECK_EQ(AUListenerAddParameter((AUParameterListenerRef)(uintptr_t)7, NULL, &p), kAudio_ParamError);
    CHECK_EQ(AUEventListenerAddEventType(listener, NULL, &gesture),
             kAudio_ParamError); /* hears values alone */
    CHECK_EQ(AUParameterSet(NULL, NULL, &gone, 1, 0), kAudioUnitErr_InvalidElement);
    CHECK_EQ(AUParameterListenerNotify(NULL, NULL, &gone), kAudioUnitErr_InvalidElement);
    p.mParameterID = 4711;
    CHECK_EQ(AUParameterSet(NULL, NULL, &p, 1, 0), kAudioUnitErr_InvalidParameter);
    CHECK_EQ(AUListenerDispose(listener), noErr);
}

/* ---- threads ---- */

static void *tell_a_lot(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2000; i++)
        change(NULL, NULL, i % 2 ? GAIN_ID : OFFSET_ID, (Float32)(i % 4));
    return NULL;
}

static void count_call(void *user, void *object, const AudioUnitParameter *p, Float32 value)
{
    (void)object, (void)p, (void)value;
    ++*(UInt32 *)user;
}

static void test_threads(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, tell_a_lot, NULL), 0);
    for (int i = 0; i < 200; i++) {
        AUParameterListenerRef listener;
        UInt32 calls = 0;
        CHECK_EQ(AUListenerCreate(count_call, &calls, NULL, NULL, i % 2 ? 0.001f : 0, &listener), noErr);
        listen_to(listener, NULL, GAIN_ID);
        listen_to(listener, NULL, OFFSET_ID);
        run(0.002);
        CHECK_EQ(AUListenerDispose(listener), noErr); /* `calls` ends here */
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    run(0);
}

/* ---- positions and text ---- */

#define FROM_TO(number, least, most, flag, of)                                                               \
    {                                                                                                        \
        .id = (number), .scope = kAudioUnitScope_Global, .name = "Parameter", .unit = (of),                  \
        .minimum = (least), .maximum = (most), .initial = (least), .flags = WRITABLE | (flag)                \
    }

static const cm_unit_parameter shown[] = {
    FROM_TO(0, -10, 10, 0, kAudioUnitParameterUnit_Generic),
    FROM_TO(1, 0, 100, kAudioUnitParameterFlag_DisplaySquareRoot, kAudioUnitParameterUnit_Generic),
    FROM_TO(2, 0, 100, kAudioUnitParameterFlag_DisplaySquared, kAudioUnitParameterUnit_Generic),
    FROM_TO(3, 0, 8, kAudioUnitParameterFlag_DisplayCubed, kAudioUnitParameterUnit_Generic),
    FROM_TO(4, 0, 8, kAudioUnitParameterFlag_DisplayCubeRoot, kAudioUnitParameterUnit_Generic),
    FROM_TO(5, 0, 1, kAudioUnitParameterFlag_DisplayExponential, kAudioUnitParameterUnit_Generic),
    FROM_TO(6, 20, 20480, kAudioUnitParameterFlag_DisplayLogarithmic, kAudioUnitParameterUnit_Hertz),
    FROM_TO(7, 0, 20000, kAudioUnitParameterFlag_DisplayLogarithmic, kAudioUnitParameterUnit_Hertz),
    FROM_TO(8, 0, 3, 0, kAudioUnitParameterUnit_Indexed),
};

static void test_positions(void)
{
    static const struct {
        AudioUnitParameterID id;
        Float32 value, position;
    } known[] = { { 0, 5, 0.75f }, { 1, 25, 0.5f },          { 2, 50, 0.25f }, { 3, 4, 0.125f },
                  { 4, 1, 0.5f },  { 5, 0.5f, 0.37754067f }, { 6, 640, 0.5f }, { 6, 20, 0 },
                  { 6, 20480, 1 }, { 7, 5000, 0.25f } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const AudioUnitParameter p = parameter(known[i].id);
        CHECK_NEAR(AUParameterValueToLinear(known[i].value, &p), known[i].position, 1e-6);
        CHECK_NEAR(AUParameterValueFromLinear(known[i].position, &p), known[i].value, 1e-5 * known[i].value);
    }
    for (AudioUnitParameterID id = 0; id < 9; id++) {
        const AudioUnitParameter p = parameter(id);
        CHECK(AUParameterValueToLinear(-1e9f, &p) == 0 && AUParameterValueToLinear(1e9f, &p) == 1);
        CHECK(AUParameterValueFromLinear(-1, &p) == shown[id].minimum);
        CHECK(AUParameterValueFromLinear(NAN, &p) == shown[id].minimum);
        CHECK(AUParameterValueFromLinear(2, &p) == shown[id].maximum);
    }
    const AudioUnitParameter unknown = parameter(99);
    CHECK(AUParameterValueToLinear(1, &unknown) == 0 && AUParameterValueFromLinear(1, &unknown) == 0);
}

static void test_text(void)
{
    static const struct {
        AudioUnitParameterID id;
        Float64 value;
        UInt32 digits;
        const char *text;
    } known[] = { { 0, 5, 4, "5.00" },      { 0, -9.876, 3, "-9.9" }, { 6, 440, 3, "440" },
                  { 6, 44, 3, "44.0" },     { 6, 12345, 3, "12345" }, { 8, 2, 5, "2" },
                  { 0, 1e300, 3, "1e+300" } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const AudioUnitParameter p = parameter(known[i].id);
        char text[64];
        CHECK(AUParameterFormatValue(known[i].value, &p, text, known[i].digits) == text);
        CHECK_STR(text, known[i].text);
    }
}

int main(void)
{
    cm_unit_class display_class = effect_class;
    display_class.description.componentSubType = 'tdsp';
    display_class.parameters = shown;
    display_class.parameter_count = sizeof shown / sizeof *shown;
    display_class.presets = NULL;
    display_class.preset_count = 0;
    add_classes();
    unit = new_effect();
    RUN(test_values);
    RUN(test_interval);
    RUN(test_events);
    RUN(test_every_value);
    CHECK_EQ(AudioUnitUninitialize(unit), noErr);
    RUN(test_properties);
    RUN(test_disposing_of_itself);
    RUN(test_errors);
    RUN(test_threads);
    CHECK_EQ(cm_handle_count(CM_KIND_AU_LISTENER), 0);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    unit = kit_new(cm_component_add(&display_class));
    RUN(test_positions);
    RUN(test_text);
    CHECK_EQ(AudioComponentInstanceDispose(unit), noErr);
    return 0;
}
