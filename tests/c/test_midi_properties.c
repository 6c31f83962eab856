/* Properties of every type, inheritance, unique ids. */
#include "midi_kit.h"

static MIDIClientRef client;
static MIDIEndpointRef source, destination;

static void test_types(void)
{
    CFStringRef string = NULL;
    CFDataRef data = NULL;
    CFDictionaryRef dictionary = NULL;
    SInt32 number = 0;
    CHECK_EQ(MIDIObjectGetStringProperty(source, kMIDIPropertyName, &string), noErr);
    CHECK(CFEqual(string, CFSTR("source")));
    CFRelease(string);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyName, 1), kMIDIWrongPropertyType);
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, kMIDIPropertyName, &number), kMIDIWrongPropertyType);
    CHECK_EQ(MIDIObjectSetStringProperty(source, kMIDIPropertyOffline, CFSTR("yes")), kMIDIWrongPropertyType);
    CHECK_EQ(MIDIObjectGetStringProperty(source, kMIDIPropertyModel, &string), kMIDIUnknownProperty);
    CHECK(string == NULL);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, CFSTR("my own"), -7), noErr);
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, CFSTR("my own"), &number), noErr);
    CHECK_EQ(number, -7);
    CHECK_EQ(MIDIObjectRemoveProperty(source, CFSTR("my own")), noErr);
    CHECK_EQ(MIDIObjectRemoveProperty(source, CFSTR("my own")), kMIDIUnknownProperty);

    CFMutableDataRef bytes = CFDataCreateMutable(NULL, 0);
    CFDataAppendBytes(bytes, (const UInt8 *)"\0\0\0\1\0\0\0\2", 8);
    CHECK_EQ(MIDIObjectSetDataProperty(source, kMIDIPropertyConnectionUniqueID, bytes), noErr);
    CFDataAppendBytes(bytes, (const UInt8 *)"x", 1); /* a copy was kept */
    CHECK_EQ(MIDIObjectGetDataProperty(source, kMIDIPropertyConnectionUniqueID, &data), noErr);
    CHECK_EQ(CFDataGetLength(data), 8);
    CFRelease(data);
    CFRelease(bytes);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyConnectionUniqueID, 5),
             noErr); /* or a number */

    CFMutableDictionaryRef names = CFDictionaryCreateMutable(NULL, 0, &kCFTypeDictionaryKeyCallBacks,
                                                             &kCFTypeDictionaryValueCallBacks);
    CFDictionarySetValue(names, CFSTR("bank"), CFSTR("one"));
    CHECK_EQ(MIDIObjectSetDictionaryProperty(source, kMIDIPropertyNameConfigurationDictionary, names), noErr);
    CFDictionarySetValue(names, CFSTR("bank"), CFSTR("two"));
    CHECK_EQ(MIDIObjectGetDictionaryProperty(source, kMIDIPropertyNameConfigurationDictionary, &dictionary),
             noErr);
    CHECK(CFEqual(CFDictionaryGetValue(dictionary, CFSTR("bank")), CFSTR("one")));
    CFRelease(dictionary);
    CFDictionarySetValue(names, CFSTR("self"), kCFNull); /* nothing that a property list holds */
    CHECK_EQ(MIDIObjectSetDictionaryProperty(source, kMIDIPropertyNameConfigurationDictionary, names),
             kMIDIWrongPropertyType);
    CFRelease(names);
}

static void test_bad_arguments(void)
{
    SInt32 number = 0;
    CHECK_EQ(MIDIObjectGetIntegerProperty(0, kMIDIPropertyUniqueID, &number), kMIDIObjectNotFound);
    CHECK_EQ(MIDIObjectSetIntegerProperty(0x7FFFFFFF, kMIDIPropertyOffline, 1), kMIDIObjectNotFound);
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, NULL, &number), -50);
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, kMIDIPropertyUniqueID, NULL), -50);
    CHECK_EQ(MIDIObjectSetStringProperty(source, kMIDIPropertyName, NULL), -50);
    CHECK_EQ(MIDIObjectGetStringProperty(source, (CFStringRef)kCFNull, (CFStringRef[]){ NULL }), -50);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyProtocolID, 2), kMIDINotPermitted);
}

static void test_unique_ids(void)
{
    SInt32 a = 0, b = 0;
    MIDIObjectRef found = 0;
    MIDIObjectType type = 0;
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, kMIDIPropertyUniqueID, &a), noErr);
    CHECK_EQ(MIDIObjectGetIntegerProperty(destination, kMIDIPropertyUniqueID, &b), noErr);
    CHECK(a && b && a != b);
    CHECK_EQ(MIDIObjectFindByUniqueID(a, &found, &type), noErr);
    CHECK_EQ(found, source);
    CHECK_EQ(type, kMIDIObjectType_Source);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyUniqueID, b), kMIDIIDNotUnique);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyUniqueID, 0), -50);
    CHECK_EQ(MIDIObjectSetIntegerProperty(source, kMIDIPropertyUniqueID, -123456), noErr);
    CHECK_EQ(MIDIObjectFindByUniqueID(-123456, &found, NULL), noErr);
    CHECK_EQ(found, source);
    CHECK_EQ(MIDIObjectFindByUniqueID(a, &found, &type), kMIDIObjectNotFound);
    CHECK_EQ(found, 0);
    CHECK_EQ(type, kMIDIObjectType_Other);
    CHECK_EQ(MIDIObjectFindByUniqueID(kMIDIInvalidUniqueID, NULL, NULL), kMIDIObjectNotFound);
    CHECK_EQ(MIDIObjectSetIntegerProperty(client, kMIDIPropertyUniqueID, 5), kMIDINotPermitted);
    /* The same endpoint of the same client has the same id the next time. */
    SInt32 first = 0, second = 0;
    for (int i = 0; i < 2; i++) {
        MIDIEndpointRef endpoint = 0;
        CHECK_EQ(MIDISourceCreate(client, CFSTR("again"), &endpoint), noErr);
        CHECK_EQ(MIDIObjectGetIntegerProperty(endpoint, kMIDIPropertyUniqueID, i ? &second : &first), noErr);
        CHECK_EQ(MIDIEndpointDispose(endpoint), noErr);
    }
    CHECK_EQ(first, second);
}

static void test_hidden_and_offline(void)
{
    ItemCount count = MIDIGetNumberOfSources();
    SInt32 number = 1;
    CHECK_EQ(MIDIObjectGetIntegerProperty(source, kMIDIPropertyPrivate, &number), noErr);
    CHECK_EQ(number, 0);
    const CFStringRef keys[] = { kMIDIPropertyPrivate, kMIDIPropertyOffline };
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(MIDIObjectSetIntegerProperty(source, keys[i], 1), noErr);
        CHECK_EQ(MIDIGetNumberOfSources(), count - 1);
        CHECK_EQ(MIDIObjectSetIntegerProperty(source, keys[i], 0), noErr);
        CHECK_EQ(MIDIGetNumberOfSources(), count);
    }
}

static CFIndex count_of(CFDictionaryRef dictionary, CFStringRef key)
{
    return CFArrayGetCount(CFDictionaryGetValue(dictionary, key));
}

static void test_property_list(void)
{
    CFPropertyListRef list = NULL;
    CHECK_EQ(MIDIObjectGetProperties(source, &list, true), noErr);
    CHECK(CFEqual(CFDictionaryGetValue(list, kMIDIPropertyName), CFSTR("source")));
    CHECK(CFDictionaryContainsKey(list, kMIDIPropertyUniqueID));
    CFRelease(list);
    CHECK_EQ(MIDIObjectGetProperties(MIDIGetDevice(0), &list, true), noErr);
    CHECK_EQ(count_of(list, CFSTR("entities")), 1);
    CFDictionaryRef entity = CFArrayGetValueAtIndex(CFDictionaryGetValue(list, CFSTR("entities")), 0);
    CHECK_EQ(count_of(entity, CFSTR("sources")), 1);
    CHECK_EQ(count_of(entity, CFSTR("destinations")), 1);
    CHECK(CFPropertyListIsValid(list, kCFPropertyListXMLFormat_v1_0));
    CFRelease(list);
    CHECK_EQ(MIDIObjectGetProperties(MIDIGetDevice(0), &list, false), noErr);
    CHECK(!CFDictionaryContainsKey(list, CFSTR("entities")));
    CFRelease(list);
    CHECK_EQ(MIDIObjectGetProperties(0, &list, true), kMIDIObjectNotFound);
    CHECK(list == NULL);
}

int main(void)
{
    client = make_client();
    CHECK_EQ(MIDISourceCreate(client, CFSTR("source"), &source), noErr);
    CHECK_EQ(MIDIDestinationCreate(client, CFSTR("destination"), NULL, NULL, &destination), noErr);
    RUN(test_types);
    RUN(test_bad_arguments);
    RUN(test_unique_ids);
    RUN(test_hidden_and_offline);
    RUN(test_property_list);
    CHECK_EQ(MIDIClientDispose(client), noErr);
    return 0;
}
