/* CFUUID, and the names of MIDI drivers' interfaces; their texts as uuidgen and others write such bytes. */
#include "base/cf_object.h"
#include "check.h"

#include <CoreMIDI/MIDIDriver.h>

static void check_text(CFUUIDRef uuid, const char *expected)
{
    char text[64] = "";
    CFStringRef string = CFUUIDCreateString(NULL, uuid);
    CHECK(CFStringGetCString(string, text, sizeof text, kCFStringEncodingUTF8));
    CHECK_STR(text, expected);
    CFRelease(string);
}

static void test_names_of_driver_interfaces(void)
{
    check_text(kMIDIDriverTypeID, "ECDE9574-0FE4-11D4-BB1A-0050E4CEA526");
    check_text(kMIDIDriverInterfaceID, "49DFCA9E-0FE5-11D4-950D-0050E4CEA526");
    check_text(kMIDIDriverInterface2ID, "43C98C3C-306C-11D5-AF73-003065A8301E");
    check_text(kMIDIDriverInterface3ID, "2FD94D0F-8C2A-482A-8AD8-7D9EA381C9C1");
}

/* As a driver's QueryInterface does it. */
static void test_what_a_driver_is_asked_for(void)
{
    REFIID iid = CFUUIDGetUUIDBytes(kMIDIDriverInterface2ID);
    CHECK(iid.byte0 == 0x43 && iid.byte15 == 0x1E);
    CFUUIDRef asked = CFUUIDCreateFromUUIDBytes(NULL, iid);
    CHECK(CFEqual(asked, kMIDIDriverInterface2ID));
    CHECK_EQ(CFHash(asked), CFHash(kMIDIDriverInterface2ID));
    CHECK(!CFEqual(asked, kMIDIDriverInterfaceID));
    CHECK_EQ(CFGetTypeID(asked), CFUUIDGetTypeID());
    CFRelease(asked);
}

static void test_constants(void)
{
    CFIndex before = cm_cf_live_count(CM_CF_NONE);
    CHECK(kMIDIDriverTypeID == kMIDIDriverTypeID);
    CFRelease(kMIDIDriverTypeID);
    CFRelease(kMIDIDriverTypeID);
    check_text(kMIDIDriverTypeID, "ECDE9574-0FE4-11D4-BB1A-0050E4CEA526");
    CHECK_EQ(cm_cf_live_count(CM_CF_NONE), before);
}

static void test_what_is_none(void)
{
    CFUUIDBytes bytes = CFUUIDGetUUIDBytes(NULL);
    CHECK(bytes.byte0 == 0 && bytes.byte15 == 0);
    CHECK(!CFUUIDCreateString(NULL, (CFUUIDRef)(const void *)CFSTR("text")));
}

int main(void)
{
    RUN(test_names_of_driver_interfaces);
    RUN(test_what_a_driver_is_asked_for);
    RUN(test_constants);
    RUN(test_what_is_none);
    return 0;
}
