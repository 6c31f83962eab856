/* AudioComponentInstantiate and AudioComponentValidateWithResults, which take blocks. */
#include "check.h"
#include "gain_component.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(AudioComponentInstance) made;
static atomic_int calls, status, result, elsewhere;

static void wait_for_call(int count)
{
    for (int ms = 0; ms < 20000 && atomic_load(&calls) < count; ms++)
        usleep(1000);
    CHECK_EQ(atomic_load(&calls), count);
}

static void test_instantiate(void)
{
    AudioComponent component = register_gain();
    pthread_t here = pthread_self();
    atomic_store(&calls, 0);
    AudioComponentInstantiate(component, 0, ^(AudioComponentInstance instance, OSStatus error) {
      atomic_store(&made, instance);
      atomic_store(&status, error);
      atomic_store(&elsewhere, !pthread_equal(here, pthread_self()));
      atomic_fetch_add(&calls, 1);
    });
    wait_for_call(1);
    CHECK_EQ(atomic_load(&status), noErr);
    CHECK(atomic_load(&elsewhere));
    CHECK(AudioComponentInstanceGetComponent(atomic_load(&made)) == component);
    CHECK_EQ(AudioComponentInstanceDispose(atomic_load(&made)), noErr);
    AudioComponentInstantiate(NULL, 0, ^(AudioComponentInstance instance, OSStatus error) {
      atomic_store(&made, instance);
      atomic_store(&status, error);
      atomic_fetch_add(&calls, 1);
    });
    wait_for_call(2);
    CHECK_EQ(atomic_load(&status), kAudio_ParamError);
    CHECK(atomic_load(&made) == NULL);
}

static void test_validate(void)
{
    AudioComponent component = register_gain(); /* which has no format at first */
    atomic_store(&calls, 0);
    CHECK_EQ(AudioComponentValidateWithResults(
                 component, NULL,
                 ^(AudioComponentValidationResult found, CFDictionaryRef info) {
                   SInt32 number = 0;
                   char text[200] = "";
                   CFNumberGetValue(
                       CFDictionaryGetValue(info, CFSTR(kAudioComponentConfigurationInfo_ValidationResult)),
                       kCFNumberSInt32Type, &number);
                   CFStringGetCString(CFDictionaryGetValue(info, CFSTR("Reason")), text, sizeof text,
                                      kCFStringEncodingUTF8);
                   CHECK_EQ(number, found);
                   CHECK(strstr(text, "no linear PCM") != NULL);
                   atomic_store(&result, (int)found);
                   atomic_fetch_add(&calls, 1);
                 }),
             noErr);
    wait_for_call(1);
    CHECK_EQ(atomic_load(&result), kAudioComponentValidationResult_Failed);
}

int main(void)
{
    RUN(test_instantiate);
    RUN(test_validate);
    return 0;
}
