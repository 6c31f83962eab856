/* AudioToolbox/CoreAudioClock.h: clocks that follow and lead other clocks. */
#ifndef AudioToolbox_CoreAudioClock_h
#define AudioToolbox_CoreAudioClock_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef UInt32 CAClockPropertyID;
typedef UInt32 CAClockTimebase;
typedef UInt32 CAClockSyncMode;
typedef SMPTETimeType CAClockSMPTEFormat;
typedef UInt32 CAClockMessage;
typedef UInt32 CAClockTimeFormat;
typedef Float64 CAClockBeats;
typedef Float64 CAClockTempo;
typedef Float64 CAClockSamples;
typedef Float64 CAClockSeconds;

enum {
    kCAClockProperty_InternalTimebase = 'intb',
    kCAClockProperty_TimebaseSource = 'itbs',
    kCAClockProperty_SyncMode = 'synm',
    kCAClockProperty_SyncSource = 'syns',
    kCAClockProperty_SMPTEFormat = 'smpf',
    kCAClockProperty_SMPTEOffset = 'smpo',
    kCAClockProperty_MIDIClockDestinations = 'mbcd',
    kCAClockProperty_MTCDestinations = 'mtcd',
    kCAClockProperty_MTCFreewheelTime = 'mtfw',
    kCAClockProperty_TempoMap = 'tmpo',
    kCAClockProperty_MeterTrack = 'metr',
    kCAClockProperty_Name = 'name',
    kCAClockProperty_SendMIDISPP = 'mspp',

    kCAClockTimebase_HostTime = 'host',
    kCAClockTimebase_AudioDevice = 'audi',
    kCAClockTimebase_AudioOutputUnit = 'auou',

    kCAClockSyncMode_Internal = 'intr',
    kCAClockSyncMode_MIDIClockTransport = 'mclk',
    kCAClockSyncMode_MTCTransport = 'mmtc',

    kCAClockMessage_StartTimeSet = 'stim',
    kCAClockMessage_Started = 'strt',
    kCAClockMessage_Stopped = 'stop',
    kCAClockMessage_Armed = 'armd',
    kCAClockMessage_Disarmed = 'darm',
    kCAClockMessage_PropertyChanged = 'pchg',
    kCAClockMessage_WrongSMPTEFormat = '?smp',

    kCAClockTimeFormat_HostTime = 'host',
    kCAClockTimeFormat_Samples = 'samp',
    kCAClockTimeFormat_Beats = 'beat',
    kCAClockTimeFormat_Seconds = 'secs',
    kCAClockTimeFormat_SMPTESeconds = 'smps',
    kCAClockTimeFormat_SMPTETime = 'smpt',
    kCAClockTimeFormat_AbsoluteSeconds = 'asec',

    kCAClock_UnknownPropertyError = -66816,
    kCAClock_InvalidPropertySizeError = -66815,
    kCAClock_InvalidTimeFormatError = -66814,
    kCAClock_InvalidSyncModeError = -66813,
    kCAClock_InvalidSyncSourceError = -66812,
    kCAClock_InvalidTimebaseError = -66811,
    kCAClock_InvalidTimebaseSourceError = -66810,
    kCAClock_InvalidSMPTEFormatError = -66809,
    kCAClock_InvalidSMPTEOffsetError = -66808,
    kCAClock_InvalidUnitError = -66807,
    kCAClock_InvalidPlayRateError = -66806,
    kCAClock_CannotSetTimeError = -66805
};

#endif
