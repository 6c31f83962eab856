/* The names of properties, as in Core MIDI's saved setups. */
#include "base/cf_string.h"
#include "midi/property_keys.h"

CM_CF_CONST_STRING(kMIDIPropertyName, "name");
CM_CF_CONST_STRING(kMIDIPropertyManufacturer, "manufacturer");
CM_CF_CONST_STRING(kMIDIPropertyModel, "model");
CM_CF_CONST_STRING(kMIDIPropertyUniqueID, "uniqueID");
CM_CF_CONST_STRING(kMIDIPropertyDeviceID, "deviceID");
CM_CF_CONST_STRING(kMIDIPropertyReceiveChannels, "receiveChannels");
CM_CF_CONST_STRING(kMIDIPropertyTransmitChannels, "transmitChannels");
CM_CF_CONST_STRING(kMIDIPropertyMaxSysExSpeed, "maxSysExSpeed");
CM_CF_CONST_STRING(kMIDIPropertyAdvanceScheduleTimeMuSec, "scheduleAheadMuSec");
CM_CF_CONST_STRING(kMIDIPropertyIsEmbeddedEntity, "embedded");
CM_CF_CONST_STRING(kMIDIPropertyIsBroadcast, "broadcast");
CM_CF_CONST_STRING(kMIDIPropertySingleRealtimeEntity, "singleRealtimeEntity");
CM_CF_CONST_STRING(kMIDIPropertyConnectionUniqueID, "connUniqueID");
CM_CF_CONST_STRING(kMIDIPropertyOffline, "offline");
CM_CF_CONST_STRING(kMIDIPropertyPrivate, "private");
CM_CF_CONST_STRING(kMIDIPropertyDriverOwner, "driverOwner");
CM_CF_CONST_STRING(kMIDIPropertyFactoryPatchNameFile, "factoryPatches");
CM_CF_CONST_STRING(kMIDIPropertyUserPatchNameFile, "userPatches");
CM_CF_CONST_STRING(kMIDIPropertyNameConfiguration, "nameConfiguration");
CM_CF_CONST_STRING(kMIDIPropertyNameConfigurationDictionary, "nameConfigurationDictionary");
CM_CF_CONST_STRING(kMIDIPropertyImage, "image");
CM_CF_CONST_STRING(kMIDIPropertyDriverVersion, "driverVersion");
CM_CF_CONST_STRING(kMIDIPropertySupportsGeneralMIDI, "supportsGeneralMIDI");
CM_CF_CONST_STRING(kMIDIPropertySupportsMMC, "supportsMMC");
CM_CF_CONST_STRING(kMIDIPropertyCanRoute, "canRoute");
CM_CF_CONST_STRING(kMIDIPropertyReceivesClock, "receivesClock");
CM_CF_CONST_STRING(kMIDIPropertyReceivesMTC, "receivesMTC");
CM_CF_CONST_STRING(kMIDIPropertyReceivesNotes, "receivesNotes");
CM_CF_CONST_STRING(kMIDIPropertyReceivesProgramChanges, "receivesProgramChanges");
CM_CF_CONST_STRING(kMIDIPropertyReceivesBankSelectMSB, "receivesBankSelectMSB");
CM_CF_CONST_STRING(kMIDIPropertyReceivesBankSelectLSB, "receivesBankSelectLSB");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsClock, "transmitsClock");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsMTC, "transmitsMTC");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsNotes, "transmitsNotes");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsProgramChanges, "transmitsProgramChanges");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsBankSelectMSB, "transmitsBankSelectMSB");
CM_CF_CONST_STRING(kMIDIPropertyTransmitsBankSelectLSB, "transmitsBankSelectLSB");
CM_CF_CONST_STRING(kMIDIPropertyPanDisruptsStereo, "panDisruptsStereo");
CM_CF_CONST_STRING(kMIDIPropertyIsSampler, "isSampler");
CM_CF_CONST_STRING(kMIDIPropertyIsDrumMachine, "isDrumMachine");
CM_CF_CONST_STRING(kMIDIPropertyIsMixer, "isMixer");
CM_CF_CONST_STRING(kMIDIPropertyIsEffectUnit, "isEffectUnit");
CM_CF_CONST_STRING(kMIDIPropertyMaxReceiveChannels, "maxReceiveChannels");
CM_CF_CONST_STRING(kMIDIPropertyMaxTransmitChannels, "maxTransmitChannels");
CM_CF_CONST_STRING(kMIDIPropertyDriverDeviceEditorApp, "driverDeviceEditorApp");
CM_CF_CONST_STRING(kMIDIPropertySupportsShowControl, "supportsShowControl");
CM_CF_CONST_STRING(kMIDIPropertyDisplayName, "displayName");
CM_CF_CONST_STRING(kMIDIPropertyProtocolID, "protocolID");
CM_CF_CONST_STRING(kMIDIPropertyUMPActiveGroupBitmap, "umpActiveGroupBitmap");
CM_CF_CONST_STRING(kMIDIPropertyUMPCanTransmitGroupless, "umpCanTransmitGroupless");

static const struct {
    const CFStringRef *key;
    unsigned types;
} others[] = {
    { &kMIDIPropertyName, CM_MIDI_STRING },
    { &kMIDIPropertyManufacturer, CM_MIDI_STRING },
    { &kMIDIPropertyModel, CM_MIDI_STRING },
    { &kMIDIPropertyDriverOwner, CM_MIDI_STRING },
    { &kMIDIPropertyImage, CM_MIDI_STRING },
    { &kMIDIPropertyDriverDeviceEditorApp, CM_MIDI_STRING },
    { &kMIDIPropertyDisplayName, CM_MIDI_STRING },
    { &kMIDIPropertyFactoryPatchNameFile, CM_MIDI_DATA },
    { &kMIDIPropertyUserPatchNameFile, CM_MIDI_DATA },
    { &kMIDIPropertyNameConfiguration, CM_MIDI_DICTIONARY },
    { &kMIDIPropertyNameConfigurationDictionary, CM_MIDI_DICTIONARY },
    { &kMIDIPropertyConnectionUniqueID, CM_MIDI_INTEGER | CM_MIDI_DATA },
};

static const CFStringRef *const integers[] = {
    &kMIDIPropertyUniqueID,
    &kMIDIPropertyDeviceID,
    &kMIDIPropertyReceiveChannels,
    &kMIDIPropertyTransmitChannels,
    &kMIDIPropertyMaxSysExSpeed,
    &kMIDIPropertyAdvanceScheduleTimeMuSec,
    &kMIDIPropertyIsEmbeddedEntity,
    &kMIDIPropertyIsBroadcast,
    &kMIDIPropertySingleRealtimeEntity,
    &kMIDIPropertyOffline,
    &kMIDIPropertyPrivate,
    &kMIDIPropertyDriverVersion,
    &kMIDIPropertySupportsGeneralMIDI,
    &kMIDIPropertySupportsMMC,
    &kMIDIPropertyCanRoute,
    &kMIDIPropertyReceivesClock,
    &kMIDIPropertyReceivesMTC,
    &kMIDIPropertyReceivesNotes,
    &kMIDIPropertyReceivesProgramChanges,
    &kMIDIPropertyReceivesBankSelectMSB,
    &kMIDIPropertyReceivesBankSelectLSB,
    &kMIDIPropertyTransmitsClock,
    &kMIDIPropertyTransmitsMTC,
    &kMIDIPropertyTransmitsNotes,
    &kMIDIPropertyTransmitsProgramChanges,
    &kMIDIPropertyTransmitsBankSelectMSB,
    &kMIDIPropertyTransmitsBankSelectLSB,
    &kMIDIPropertyPanDisruptsStereo,
    &kMIDIPropertyIsSampler,
    &kMIDIPropertyIsDrumMachine,
    &kMIDIPropertyIsMixer,
    &kMIDIPropertyIsEffectUnit,
    &kMIDIPropertyMaxReceiveChannels,
    &kMIDIPropertyMaxTransmitChannels,
    &kMIDIPropertySupportsShowControl,
    &kMIDIPropertyProtocolID,
    &kMIDIPropertyUMPActiveGroupBitmap,
    &kMIDIPropertyUMPCanTransmitGroupless,
};

unsigned cm_midi_property_types(CFStringRef key)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (CFEqual(*others[i].key, key))
            return others[i].types;
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        if (CFEqual(*integers[i], key))
            return CM_MIDI_INTEGER;
    return CM_MIDI_INTEGER | CM_MIDI_STRING | CM_MIDI_DATA | CM_MIDI_DICTIONARY;
}
