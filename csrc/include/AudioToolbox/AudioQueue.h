/*
 * AudioToolbox/AudioQueue.h: queues of buffers that play or record.
 *
 * A queue owns its buffers. The client fills one and enqueues it; the queue decodes or encodes on a thread of
 * its own, plays or records, and hands the buffer back to the client's callback: an output queue when the
 * buffer's last frame has gone to the device, an input queue when the buffer is full. Buffers are used in the
 * order of enqueueing.
 *
 * Callbacks and property listeners run on another thread of the queue's own, or inside CFRunLoopRunInMode on
 * the run loop that was given, one at a time. Every function is [any] but not for a render thread, and may be
 * called from inside a callback. A processing tap runs on the decoding thread.
 *
 * A queue without kAudioQueueProperty_CurrentDevice follows the default device.
 *
 * Sound is 32-bit float inside: linear PCM of 24 bits and 32-bit float is exact all the way while rate,
 * volume and pan leave it alone; of 32-bit integers and 64-bit float it is the nearest 32-bit float. Of
 * linear PCM that is not interleaved (which Apple's own queues refuse) the channels lie one behind the other
 * in a buffer, each of mAudioDataByteSize / mChannelsPerFrame bytes.
 *
 * Sample times of a queue count frames of its own format from its start, and go on where nothing was enqueued
 * in time: those frames are silent.
 *
 * A reference that is no live queue gives kAudio_ParamError; one whose disposal waits for its buffers,
 * kAudioQueueErr_DisposalPending. A buffer that is not the queue's own: kAudioQueueErr_InvalidBuffer.
 */
#ifndef AudioToolbox_AudioQueue_h
#define AudioToolbox_AudioQueue_h

#include <CoreAudioTypes/CoreAudioTypes.h>
#include <CoreFoundation/CFRunLoop.h>

typedef struct OpaqueAudioQueue *AudioQueueRef;
typedef struct OpaqueAudioQueueTimeline *AudioQueueTimelineRef;
typedef struct OpaqueAudioQueueProcessingTap *AudioQueueProcessingTapRef;
typedef struct AudioQueueBuffer AudioQueueBuffer;
typedef AudioQueueBuffer *AudioQueueBufferRef;
typedef struct AudioQueueParameterEvent AudioQueueParameterEvent;
typedef struct AudioQueueLevelMeterState AudioQueueLevelMeterState;
typedef struct AudioQueueChannelAssignment AudioQueueChannelAssignment;

typedef UInt32 AudioQueuePropertyID;
typedef UInt32 AudioQueueParameterID;
typedef Float32 AudioQueueParameterValue;
typedef UInt32 AudioQueueProcessingTapFlags;

enum {
    kAudioQueueErr_InvalidBuffer = -66687,   /* the buffer is not this queue's */
    kAudioQueueErr_BufferEmpty = -66686,     /* mAudioDataByteSize is 0 */
    kAudioQueueErr_DisposalPending = -66685, /* the queue is being disposed of */
    kAudioQueueErr_InvalidProperty = -66684,
    kAudioQueueErr_InvalidPropertySize = -66683,
    kAudioQueueErr_InvalidParameter = -66682, /* unknown parameter ID */
    kAudioQueueErr_CannotStart = -66681,
    kAudioQueueErr_InvalidDevice = -66680,    /* the device is gone, or was never there */
    kAudioQueueErr_BufferInQueue = -66679,    /* not while the buffer is enqueued */
    kAudioQueueErr_InvalidRunState = -66678,  /* running, and must not be; or not, and must */
    kAudioQueueErr_InvalidQueueType = -66677, /* for the other kind, input or output */
    kAudioQueueErr_Permissions = -66676,
    kAudioQueueErr_InvalidPropertyValue = -66675,
    kAudioQueueErr_PrimeTimedOut = -66674,
    kAudioQueueErr_CodecNotFound = -66673,
    kAudioQueueErr_InvalidCodecAccess = -66672,
    kAudioQueueErr_QueueInvalidated = -66671,
    kAudioQueueErr_TooManyTaps = -66670,       /* there is one tap already */
    kAudioQueueErr_InvalidTapContext = -66669, /* only from inside the tap's callback */
    kAudioQueueErr_RecordUnderrun = -66668,
    kAudioQueueErr_InvalidTapType = -66667,
    kAudioQueueErr_BufferEnqueuedTwice = -66666, /* not yet handed back */
    kAudioQueueErr_CannotStartYet = -66665,
    kAudioQueueErr_EnqueueDuringReset = -66632, /* while a reset, stop or disposal goes on */
    kAudioQueueErr_InvalidOfflineMode = -66626, /* needs offline rendering, or its absence */

    kAudioQueueProperty_IsRunning = 'aqrn',            /* UInt32 */
    kAudioQueueDeviceProperty_SampleRate = 'aqsr',     /* Float64, Hz */
    kAudioQueueDeviceProperty_NumberChannels = 'aqdc', /* UInt32 */

    kAudioQueueProperty_CurrentDevice =
        'aqcd', /* CFStringRef, a device UID; NULL: the default; written when stopped */
    kAudioQueueProperty_MagicCookie = 'aqmc',             /* bytes */
    kAudioQueueProperty_MaximumOutputPacketSize = 'xops', /* UInt32, bytes */
    kAudioQueueProperty_StreamDescription = 'aqft',       /* AudioStreamBasicDescription */
    kAudioQueueProperty_ChannelLayout = 'aqcl',           /* AudioChannelLayout; written when stopped */
    kAudioQueueProperty_EnableLevelMetering = 'aqme',     /* UInt32 */
    kAudioQueueProperty_CurrentLevelMeter = 'aqmv',       /* AudioQueueLevelMeterState per channel, 0 .. 1 */
    kAudioQueueProperty_CurrentLevelMeterDB = 'aqmd',     /* the same in dB, -120 for silence */
    kAudioQueueProperty_DecodeBufferSizeFrames = 'dcbf',  /* UInt32, frames decoded ahead */
    kAudioQueueProperty_ConverterError =
        'qcve', /* UInt32, the OSStatus that decoding or encoding failed with */
    kAudioQueueProperty_EnableTimePitch = 'q_tp',    /* UInt32; written when stopped */
    kAudioQueueProperty_TimePitchAlgorithm = 'qtpa', /* UInt32, Spectral at first; written when stopped */
    kAudioQueueProperty_TimePitchBypass = 'qtpb',    /* UInt32; 1: play rate and pitch wait, unheard */

    kAudioQueueTimePitchAlgorithm_Spectral = 'spec',   /* for music; holds back about 60 ms */
    kAudioQueueTimePitchAlgorithm_TimeDomain = 'tido', /* for speech and one voice */
    kAudioQueueTimePitchAlgorithm_Varispeed = 'vspd',  /* as of a tape: pitch goes with the rate */

    kAudioQueueProperty_ChannelAssignments =
        'aqca', /* AudioQueueChannelAssignment per channel; written when stopped */

    kAudioQueueParam_Volume = 1,         /* 0 .. 1, linear */
    kAudioQueueParam_PlayRate = 2,       /* 0.5 .. 2, with EnableTimePitch */
    kAudioQueueParam_Pitch = 3,          /* -2400 .. 2400 cents, with EnableTimePitch; not on a tape */
    kAudioQueueParam_VolumeRampTime = 4, /* seconds that the next change of volume or pan takes */
    kAudioQueueParam_Pan = 13,           /* -1 left .. 1 right; the other side is turned down */

    kAudioQueueProcessingTap_PreEffects = 1,
    kAudioQueueProcessingTap_PostEffects = 2,
    kAudioQueueProcessingTap_Siphon = 4,
    kAudioQueueProcessingTap_StartOfStream = 256,
    kAudioQueueProcessingTap_EndOfStream = 512
};

struct AudioQueueBuffer {
    const UInt32 mAudioDataBytesCapacity; /* bytes */
    void *const mAudioData;
    UInt32 mAudioDataByteSize; /* bytes that hold sound */
    void *mUserData;           /* the client's */
    const UInt32 mPacketDescriptionCapacity;
    AudioStreamPacketDescription *const mPacketDescriptions; /* NULL without capacity */
    UInt32 mPacketDescriptionCount;
};

/* A parameter that changes with a buffer's first frame. */
struct AudioQueueParameterEvent {
    AudioQueueParameterID mID;
    AudioQueueParameterValue mValue;
};

struct AudioQueueLevelMeterState {
    Float32 mAveragePower;
    Float32 mPeakPower;
};

/* Where one channel of the queue goes: a device's channel, counted from 1. */
struct AudioQueueChannelAssignment {
    CFStringRef mDeviceUID;
    UInt32 mChannelNumber;
};

CF_EXTERN_C_BEGIN

/* The queue is done with a buffer: the client may fill and enqueue it again. */
typedef void (*AudioQueueOutputCallback)(void *inUserData, AudioQueueRef inAQ, AudioQueueBufferRef inBuffer);

/*
 * A buffer of recorded sound, with inNumberPacketDescriptions packets. inStartTime is when its first frame
 * was heard, on the device's clock. The descriptions are the queue's, until the buffer is enqueued again;
 * NULL where packets are all of one size. A buffer that comes back unused, when the queue is stopped or
 * reset, has mAudioDataByteSize 0.
 */
typedef void (*AudioQueueInputCallback)(void *inUserData, AudioQueueRef inAQ, AudioQueueBufferRef inBuffer,
                                        const AudioTimeStamp *inStartTime, UInt32 inNumberPacketDescriptions,
                                        const AudioStreamPacketDescription *inPacketDescs);

/* The same as blocks. To compilers that have none, a pointer to what Clang's block ABI describes. */
#ifdef __BLOCKS__
typedef void (^AudioQueueOutputCallbackBlock)(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer);
typedef void (^AudioQueueInputCallbackBlock)(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer,
                                             const AudioTimeStamp *inStartTime,
                                             UInt32 inNumberPacketDescriptions,
                                             const AudioStreamPacketDescription *inPacketDescs);
#else
typedef const void *AudioQueueOutputCallbackBlock;
typedef const void *AudioQueueInputCallbackBlock;
#endif

/* A property of the queue has another value now: ask for it. */
typedef void (*AudioQueuePropertyListenerProc)(void *inUserData, AudioQueueRef inAQ,
                                               AudioQueuePropertyID inID);

/*
 * Processes sound on its way: takes what it needs with AudioQueueProcessingTapGetSourceAudio, leaves at most
 * inNumberFrames in ioData, and says how many. With kAudioQueueProcessingTap_Siphon the sound is in ioData
 * already and goes on as it was. Flags: StartOfStream for the first frames after a start or reset,
 * EndOfStream when the last ones are among these.
 */
typedef void (*AudioQueueProcessingTapCallback)(void *inClientData, AudioQueueProcessingTapRef inAQTap,
                                                UInt32 inNumberFrames, AudioTimeStamp *ioTimeStamp,
                                                AudioQueueProcessingTapFlags *ioFlags,
                                                UInt32 *outNumberFrames, AudioBufferList *ioData);

/*
 * A new queue, the caller's to dispose of. inCallbackRunLoop NULL: a thread of the queue's own; inFlags is 0.
 * kAudioFormatUnsupportedDataFormatError: no format that exists.
 * kAudioQueueErr_CodecNotFound: nothing decodes (encodes) it.
 */
extern OSStatus AudioQueueNewOutput(const AudioStreamBasicDescription *inFormat,
                                    AudioQueueOutputCallback inCallbackProc, void *inUserData,
                                    CFRunLoopRef inCallbackRunLoop, CFStringRef inCallbackRunLoopMode,
                                    UInt32 inFlags, AudioQueueRef *outAQ);
extern OSStatus AudioQueueNewInput(const AudioStreamBasicDescription *inFormat,
                                   AudioQueueInputCallback inCallbackProc, void *inUserData,
                                   CFRunLoopRef inCallbackRunLoop, CFStringRef inCallbackRunLoopMode,
                                   UInt32 inFlags, AudioQueueRef *outAQ);

/*
 * The same with a block, which is copied, and released when the queue is freed. Callbacks and listeners run
 * on the dispatch queue, one at a time; NULL: on a thread of the queue's own. kAudio_ParamError (-50), with
 * the text: a block that captures values without a block runtime in the process (libBlocksRuntime), or a
 * dispatch queue without libdispatch.
 */
extern OSStatus AudioQueueNewOutputWithDispatchQueue(AudioQueueRef *outAQ,
                                                     const AudioStreamBasicDescription *inFormat,
                                                     UInt32 inFlags, dispatch_queue_t inCallbackDispatchQueue,
                                                     AudioQueueOutputCallbackBlock inCallbackBlock);
extern OSStatus AudioQueueNewInputWithDispatchQueue(AudioQueueRef *outAQ,
                                                    const AudioStreamBasicDescription *inFormat,
                                                    UInt32 inFlags, dispatch_queue_t inCallbackDispatchQueue,
                                                    AudioQueueInputCallbackBlock inCallbackBlock);

/*
 * Frees the queue, its buffers, timelines and tap: now, or when what is enqueued has been played. No callback
 * begins after it has returned; when it was not called from a callback, none is running either.
 */
extern OSStatus AudioQueueDispose(AudioQueueRef inAQ, Boolean inImmediate);

/*
 * A buffer of inBufferByteSize bytes, the queue's: it is freed by AudioQueueFreeBuffer or with the queue. The
 * second with room for that many packet descriptions; an input queue whose packets differ in size has room
 * for all that fit by itself. kAudio_MemFullError.
 */
extern OSStatus AudioQueueAllocateBuffer(AudioQueueRef inAQ, UInt32 inBufferByteSize,
                                         AudioQueueBufferRef *outBuffer);
extern OSStatus AudioQueueAllocateBufferWithPacketDescriptions(AudioQueueRef inAQ, UInt32 inBufferByteSize,
                                                               UInt32 inNumberPacketDescriptions,
                                                               AudioQueueBufferRef *outBuffer);
/* kAudioQueueErr_BufferInQueue until the callback has had it. */
extern OSStatus AudioQueueFreeBuffer(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer);

/*
 * Enqueues a buffer. Packets that differ in size need descriptions, which are copied: inPacketDescs, or with
 * inNumPacketDescs 0 those of a buffer that was allocated with room for them.
 */
extern OSStatus AudioQueueEnqueueBuffer(AudioQueueRef inAQ, AudioQueueBufferRef inBuffer,
                                        UInt32 inNumPacketDescs,
                                        const AudioStreamPacketDescription *inPacketDescs);

/*
 * The same for an output queue, without the first and last frames, with parameters that change at the
 * buffer's first frame, and not before inStartTime: a sample time of the queue, or a host time. A buffer
 * whose time has passed plays at once. outActualStartTime: when it will begin, as far as is known; its flags
 * say.
 */
extern OSStatus AudioQueueEnqueueBufferWithParameters(
    AudioQueueRef inAQ, AudioQueueBufferRef inBuffer, UInt32 inNumPacketDescs,
    const AudioStreamPacketDescription *inPacketDescs, UInt32 inTrimFramesAtStart, UInt32 inTrimFramesAtEnd,
    UInt32 inNumParamValues, const AudioQueueParameterEvent *inParamValues, const AudioTimeStamp *inStartTime,
    AudioTimeStamp *outActualStartTime);

/*
 * Starts, or goes on after a pause. inStartTime: sample or host time of the device; NULL: as soon as
 * possible. kAudioQueueErr_InvalidDevice: there is no such device. kAudioQueueErr_CannotStart: it does not
 * run.
 */
extern OSStatus AudioQueueStart(AudioQueueRef inAQ, const AudioTimeStamp *inStartTime);

/*
 * Decodes ahead, so that the start is prompt: inNumberOfFramesToPrepare frames, or with 0 all that is
 * enqueued; no more than kAudioQueueProperty_DecodeBufferSizeFrames. outNumberOfFramesPrepared may be NULL.
 */
extern OSStatus AudioQueuePrime(AudioQueueRef inAQ, UInt32 inNumberOfFramesToPrepare,
                                UInt32 *outNumberOfFramesPrepared);

/*
 * Now: the device stops and all buffers go back to the callback, which cannot enqueue them meanwhile. Or,
 * without inImmediate, after the last buffer; the call returns at once, and listeners of
 * kAudioQueueProperty_IsRunning are told when it is so.
 */
extern OSStatus AudioQueueStop(AudioQueueRef inAQ, Boolean inImmediate);

/* Buffers stay; AudioQueueStart goes on. kAudioQueueErr_InvalidRunState when not running. */
extern OSStatus AudioQueuePause(AudioQueueRef inAQ);

/* What was enqueued so far is a whole: what a decoder or encoder holds back comes out behind it. */
extern OSStatus AudioQueueFlush(AudioQueueRef inAQ);

/* All buffers go back to the callback unplayed; a running queue goes on running. */
extern OSStatus AudioQueueReset(AudioQueueRef inAQ);

/* What was set last, or where a change by AudioQueueEnqueueBufferWithParameters is. Output queues have
 * parameters: kAudioQueueErr_InvalidQueueType, kAudioQueueErr_InvalidParameter for one that there is not. */
extern OSStatus AudioQueueGetParameter(AudioQueueRef inAQ, AudioQueueParameterID inParamID,
                                       AudioQueueParameterValue *outValue);
/* Values out of range are brought into it; kAudioQueueErr_InvalidPropertyValue for what is no number. */
extern OSStatus AudioQueueSetParameter(AudioQueueRef inAQ, AudioQueueParameterID inParamID,
                                       AudioQueueParameterValue inValue);

/* kAudioQueueErr_InvalidPropertySize when the memory is too small. A CFStringRef is the caller's to release.
 */
extern OSStatus AudioQueueGetProperty(AudioQueueRef inAQ, AudioQueuePropertyID inID, void *outData,
                                      UInt32 *ioDataSize);
extern OSStatus AudioQueueSetProperty(AudioQueueRef inAQ, AudioQueuePropertyID inID, const void *inData,
                                      UInt32 inDataSize);
extern OSStatus AudioQueueGetPropertySize(AudioQueueRef inAQ, AudioQueuePropertyID inID, UInt32 *outDataSize);

/* kAudioQueueErr_InvalidProperty for a property that there is not. */
extern OSStatus AudioQueueAddPropertyListener(AudioQueueRef inAQ, AudioQueuePropertyID inID,
                                              AudioQueuePropertyListenerProc inProc, void *inUserData);
/* All three must be as they were added; otherwise kAudio_ParamError. */
extern OSStatus AudioQueueRemovePropertyListener(AudioQueueRef inAQ, AudioQueuePropertyID inID,
                                                 AudioQueuePropertyListenerProc inProc, void *inUserData);

/* Remembers what its owner was told of discontinuities. It ends with the queue at the latest.
 * kAudio_ParamError for one that is not the queue's. */
extern OSStatus AudioQueueCreateTimeline(AudioQueueRef inAQ, AudioQueueTimelineRef *outTimeline);
extern OSStatus AudioQueueDisposeTimeline(AudioQueueRef inAQ, AudioQueueTimelineRef inTimeline);
/*
 * The queue's sample time that is heard now, and host time. outTimelineDiscontinuity, with a timeline: true
 * when since the last call sound was lost, the device changed or the queue was reset. Either may be NULL.
 * kAudioQueueErr_InvalidRunState when stopped.
 */
extern OSStatus AudioQueueGetCurrentTime(AudioQueueRef inAQ, AudioQueueTimelineRef inTimeline,
                                         AudioTimeStamp *outTimeStamp, Boolean *outTimelineDiscontinuity);

/* The device's own clock; kAudioQueueErr_InvalidRunState while it does not run for this queue. */
extern OSStatus AudioQueueDeviceGetCurrentTime(AudioQueueRef inAQ, AudioTimeStamp *outTimeStamp);
extern OSStatus AudioQueueDeviceTranslateTime(AudioQueueRef inAQ, const AudioTimeStamp *inTime,
                                              AudioTimeStamp *outTime);
/* inFlags is 0. */
extern OSStatus AudioQueueDeviceGetNearestStartTime(AudioQueueRef inAQ, AudioTimeStamp *ioRequestedStartTime,
                                                    UInt32 inFlags);

/*
 * Offline rendering: an output queue gives its sound to AudioQueueOfflineRender, as fast as it is asked, in
 * this format of interleaved linear PCM; callbacks then run inside that call. NULL: back to the device.
 * kAudioQueueErr_InvalidRunState unless stopped.
 */
extern OSStatus AudioQueueSetOfflineRenderFormat(AudioQueueRef inAQ,
                                                 const AudioStreamBasicDescription *inFormat,
                                                 const AudioChannelLayout *inLayout);
/*
 * Renders into a buffer of the queue's own. Fewer frames than asked for, by mAudioDataByteSize, when the
 * queue has no more; they are in it from the first byte. inTimestamp: the sample time of the first frame, on
 * which start times count. kAudioQueueErr_InvalidOfflineMode without an offline format,
 * kAudioQueueErr_InvalidRunState before the start.
 */
extern OSStatus AudioQueueOfflineRender(AudioQueueRef inAQ, const AudioTimeStamp *inTimestamp,
                                        AudioQueueBufferRef ioBuffer, UInt32 inNumberFrames);

/*
 * A tap, one for a queue that is stopped, before or after what the queue itself does to the sound. It works
 * on native floats in planes, at the queue's sample rate. kAudioQueueErr_InvalidTapType: not just one of
 * PreEffects and PostEffects.
 */
extern OSStatus AudioQueueProcessingTapNew(AudioQueueRef inAQ, AudioQueueProcessingTapCallback inCallback,
                                           void *inClientData, AudioQueueProcessingTapFlags inFlags,
                                           UInt32 *outMaxFrames,
                                           AudioStreamBasicDescription *outProcessingFormat,
                                           AudioQueueProcessingTapRef *outAQTap);
/* kAudioQueueErr_InvalidRunState unless the queue is stopped. */
extern OSStatus AudioQueueProcessingTapDispose(AudioQueueProcessingTapRef inAQTap);

/*
 * [inside the tap's callback] The sound before the tap. Where mData is NULL it is set to memory of the
 * queue's, valid until the callback ends; otherwise that memory is filled. Fewer frames when there are no
 * more.
 */
extern OSStatus AudioQueueProcessingTapGetSourceAudio(AudioQueueProcessingTapRef inAQTap,
                                                      UInt32 inNumberFrames, AudioTimeStamp *ioTimeStamp,
                                                      AudioQueueProcessingTapFlags *outFlags,
                                                      UInt32 *outNumberFrames, AudioBufferList *ioData);
/* [inside the tap's callback] Of the frames that are being processed: the sample time of the first, and how
 * many. */
extern OSStatus AudioQueueProcessingTapGetQueueTime(AudioQueueProcessingTapRef inAQTap,
                                                    Float64 *outQueueSampleTime, UInt32 *outQueueFrameCount);

CF_EXTERN_C_END

#endif
