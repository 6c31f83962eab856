/* CoreAudioTypes/CoreAudioBaseTypes.h: the types and constants that all audio frameworks share. */
#ifndef CoreAudioTypes_CoreAudioBaseTypes_h
#define CoreAudioTypes_CoreAudioBaseTypes_h

#include <CoreFoundation/CFBase.h>

/* As <dispatch/dispatch.h> has it, which may be there too. */
typedef struct dispatch_queue_s *dispatch_queue_t;

typedef struct AudioValueRange AudioValueRange;
typedef struct AudioValueTranslation AudioValueTranslation;
typedef struct AudioBuffer AudioBuffer;
typedef struct AudioBufferList AudioBufferList;
typedef Float32 AudioSampleType;
typedef Float32 AudioUnitSampleType;
typedef UInt32 AudioFormatID;
typedef UInt32 AudioFormatFlags;
typedef struct AudioStreamBasicDescription AudioStreamBasicDescription;
typedef struct AudioStreamPacketDescription AudioStreamPacketDescription;
typedef UInt32 SMPTETimeType;
typedef UInt32 SMPTETimeFlags;
typedef struct SMPTETime SMPTETime;
typedef UInt32 AudioTimeStampFlags;
typedef struct AudioTimeStamp AudioTimeStamp;
typedef struct AudioClassDescription AudioClassDescription;
typedef UInt32 AudioChannelLabel;
typedef UInt32 AudioChannelLayoutTag;
typedef UInt32 AudioChannelBitmap;
typedef UInt32 AudioChannelFlags;
typedef UInt32 AudioChannelCoordinateIndex;
typedef struct AudioChannelDescription AudioChannelDescription;
typedef struct AudioChannelLayout AudioChannelLayout;
typedef struct AudioFormatListItem AudioFormatListItem;
typedef long MPEG4ObjectID;

enum {
    kAudio_NoError = 0,
    kAudio_UnimplementedError = -4,
    kAudio_FileNotFoundError = -43,
    kAudio_FilePermissionError = -54,
    kAudio_TooManyFilesOpenError = -42,
    kAudio_BadFilePathError = '!pth',
    kAudio_ParamError = -50,
    kAudio_MemFullError = -108,

    /* AudioFormatID. Which of them can be decoded and encoded here: AudioFormat.h */
    kAudioFormatLinearPCM = 'lpcm',
    kAudioFormatAC3 = 'ac-3',
    kAudioFormat60958AC3 = 'cac3',
    kAudioFormatAppleIMA4 = 'ima4',

    kAudioFormatMPEG4AAC = 'aac ',
    kAudioFormatMPEG4CELP = 'celp',
    kAudioFormatMPEG4HVXC = 'hvxc',
    kAudioFormatMPEG4TwinVQ = 'twvq',

    kAudioFormatMACE3 = 'MAC3',
    kAudioFormatMACE6 = 'MAC6',
    kAudioFormatULaw = 'ulaw',
    kAudioFormatALaw = 'alaw',
    kAudioFormatQDesign = 'QDMC',
    kAudioFormatQDesign2 = 'QDM2',
    kAudioFormatQUALCOMM = 'Qclp',

    kAudioFormatMPEGLayer1 = '.mp1',
    kAudioFormatMPEGLayer2 = '.mp2',
    kAudioFormatMPEGLayer3 = '.mp3',

    kAudioFormatTimeCode = 'time',
    kAudioFormatMIDIStream = 'midi',
    kAudioFormatParameterValueStream = 'apvs',
    kAudioFormatAppleLossless = 'alac',

    kAudioFormatMPEG4AAC_HE = 'aach',
    kAudioFormatMPEG4AAC_LD = 'aacl',
    kAudioFormatMPEG4AAC_ELD = 'aace',
    kAudioFormatMPEG4AAC_ELD_SBR = 'aacf',
    kAudioFormatMPEG4AAC_ELD_V2 = 'aacg',
    kAudioFormatMPEG4AAC_HE_V2 = 'aacp',
    kAudioFormatMPEG4AAC_Spatial = 'aacs',

    kAudioFormatMPEGD_USAC = 'usac',
    kAudioFormatAMR = 'samr',
    kAudioFormatAMR_WB = 'sawb',
    kAudioFormatAudible = 'AUDB',
    kAudioFormatiLBC = 'ilbc',
    kAudioFormatDVIIntelIMA = 0x6D730011,
    kAudioFormatMicrosoftGSM = 0x6D730031,
    kAudioFormatAES3 = 'aes3',
    kAudioFormatEnhancedAC3 = 'ec-3',
    kAudioFormatFLAC = 'flac',
    kAudioFormatOpus = 'opus',

    /* Flags of linear PCM: float or else integer, signed or not; big-endian; packed when the sample fills its
       bytes, else in their upper (aligned high) or lower end; one buffer for each channel (non-interleaved)
     */
    kAudioFormatFlagIsFloat = 1,
    kAudioFormatFlagIsBigEndian = 2,
    kAudioFormatFlagIsSignedInteger = 4,
    kAudioFormatFlagIsPacked = 8,
    kAudioFormatFlagIsAlignedHigh = 16,
    kAudioFormatFlagIsNonInterleaved = 32,
    kAudioFormatFlagIsNonMixable = 64,

    kLinearPCMFormatFlagIsFloat = 1,
    kLinearPCMFormatFlagIsBigEndian = 2,
    kLinearPCMFormatFlagIsSignedInteger = 4,
    kLinearPCMFormatFlagIsPacked = 8,
    kLinearPCMFormatFlagIsAlignedHigh = 16,
    kLinearPCMFormatFlagIsNonInterleaved = 32,
    kLinearPCMFormatFlagIsNonMixable = 64,
    kLinearPCMFormatFlagsSampleFractionShift = 7,
    kLinearPCMFormatFlagsSampleFractionMask = 8064,

    /* Flags of Apple Lossless and FLAC: bits of the samples that went in */
    kAppleLosslessFormatFlag_16BitSourceData = 1,
    kAppleLosslessFormatFlag_20BitSourceData = 2,
    kAppleLosslessFormatFlag_24BitSourceData = 3,
    kAppleLosslessFormatFlag_32BitSourceData = 4,

    kAudioFormatFlagsNativeEndian = 0,
    kAudioFormatFlagsCanonical = 9,
    kAudioFormatFlagsAudioUnitCanonical = 41,
    kAudioFormatFlagsNativeFloatPacked = 9,

    /* SMPTETimeType: frames per second; drop: with frame numbers left out, to keep to the clock */
    kSMPTETimeType24 = 0,
    kSMPTETimeType25 = 1,
    kSMPTETimeType30Drop = 2,
    kSMPTETimeType30 = 3,
    kSMPTETimeType2997 = 4,
    kSMPTETimeType2997Drop = 5,
    kSMPTETimeType60 = 6,
    kSMPTETimeType5994 = 7,
    kSMPTETimeType60Drop = 8,
    kSMPTETimeType5994Drop = 9,

    kSMPTETimeType50 = 10,
    kSMPTETimeType2398 = 11,
    /* SMPTETimeFlags */
    kSMPTETimeUnknown = 0,
    kSMPTETimeValid = 1,
    kSMPTETimeRunning = 2,

    /* AudioTimeStampFlags: the fields that hold something */
    kAudioTimeStampNothingValid = 0,
    kAudioTimeStampSampleTimeValid = 1,
    kAudioTimeStampHostTimeValid = 2,
    kAudioTimeStampRateScalarValid = 4,
    kAudioTimeStampWordClockTimeValid = 8,
    kAudioTimeStampSMPTETimeValid = 16,
    kAudioTimeStampSampleHostTimeValid = 3,

    /* AudioChannelLabel: what a channel is */
    kAudioChannelLabel_Unused = 0,
    kAudioChannelLabel_UseCoordinates = 100,
    kAudioChannelLabel_Left = 1,
    kAudioChannelLabel_Right = 2,
    kAudioChannelLabel_Center = 3,
    kAudioChannelLabel_LFEScreen = 4,
    kAudioChannelLabel_LeftSurround = 5,
    kAudioChannelLabel_RightSurround = 6,
    kAudioChannelLabel_LeftCenter = 7,
    kAudioChannelLabel_RightCenter = 8,
    kAudioChannelLabel_CenterSurround = 9,
    kAudioChannelLabel_LeftSurroundDirect = 10,
    kAudioChannelLabel_RightSurroundDirect = 11,
    kAudioChannelLabel_TopCenterSurround = 12,
    kAudioChannelLabel_VerticalHeightLeft = 13,
    kAudioChannelLabel_VerticalHeightCenter = 14,
    kAudioChannelLabel_VerticalHeightRight = 15,
    kAudioChannelLabel_TopBackLeft = 16,
    kAudioChannelLabel_TopBackCenter = 17,
    kAudioChannelLabel_TopBackRight = 18,
    kAudioChannelLabel_RearSurroundLeft = 33,
    kAudioChannelLabel_RearSurroundRight = 34,
    kAudioChannelLabel_LeftWide = 35,
    kAudioChannelLabel_RightWide = 36,
    kAudioChannelLabel_LFE2 = 37,
    kAudioChannelLabel_LeftTotal = 38,
    kAudioChannelLabel_RightTotal = 39,
    kAudioChannelLabel_HearingImpaired = 40,
    kAudioChannelLabel_Narration = 41,
    kAudioChannelLabel_Mono = 42,
    kAudioChannelLabel_DialogCentricMix = 43,
    kAudioChannelLabel_CenterSurroundDirect = 44,
    kAudioChannelLabel_Haptic = 45,
    kAudioChannelLabel_LeftTopFront = 13,
    kAudioChannelLabel_CenterTopFront = 14,
    kAudioChannelLabel_RightTopFront = 15,
    kAudioChannelLabel_LeftTopMiddle = 49,
    kAudioChannelLabel_CenterTopMiddle = 12,
    kAudioChannelLabel_RightTopMiddle = 51,
    kAudioChannelLabel_LeftTopRear = 52,
    kAudioChannelLabel_CenterTopRear = 53,
    kAudioChannelLabel_RightTopRear = 54,
    kAudioChannelLabel_LeftSideSurround = 55,
    kAudioChannelLabel_RightSideSurround = 56,
    kAudioChannelLabel_LeftBottom = 57,
    kAudioChannelLabel_RightBottom = 58,
    kAudioChannelLabel_CenterBottom = 59,
    kAudioChannelLabel_LeftTopSurround = 60,
    kAudioChannelLabel_RightTopSurround = 61,
    kAudioChannelLabel_LFE3 = 62,
    kAudioChannelLabel_LeftBackSurround = 63,
    kAudioChannelLabel_RightBackSurround = 64,
    kAudioChannelLabel_LeftEdgeOfScreen = 65,
    kAudioChannelLabel_RightEdgeOfScreen = 66,
    kAudioChannelLabel_Ambisonic_W = 200,
    kAudioChannelLabel_Ambisonic_X = 201,
    kAudioChannelLabel_Ambisonic_Y = 202,
    kAudioChannelLabel_Ambisonic_Z = 203,
    kAudioChannelLabel_MS_Mid = 204,
    kAudioChannelLabel_MS_Side = 205,
    kAudioChannelLabel_XY_X = 206,
    kAudioChannelLabel_XY_Y = 207,
    kAudioChannelLabel_BinauralLeft = 208,
    kAudioChannelLabel_BinauralRight = 209,
    kAudioChannelLabel_HeadphonesLeft = 301,
    kAudioChannelLabel_HeadphonesRight = 302,
    kAudioChannelLabel_ClickTrack = 304,
    kAudioChannelLabel_ForeignLanguage = 305,
    kAudioChannelLabel_Discrete = 400,
    kAudioChannelLabel_Discrete_0 = 0x10000,
    kAudioChannelLabel_Discrete_1 = 0x10001,
    kAudioChannelLabel_Discrete_2 = 0x10002,
    kAudioChannelLabel_Discrete_3 = 0x10003,
    kAudioChannelLabel_Discrete_4 = 0x10004,
    kAudioChannelLabel_Discrete_5 = 0x10005,
    kAudioChannelLabel_Discrete_6 = 0x10006,
    kAudioChannelLabel_Discrete_7 = 0x10007,
    kAudioChannelLabel_Discrete_8 = 0x10008,
    kAudioChannelLabel_Discrete_9 = 0x10009,
    kAudioChannelLabel_Discrete_10 = 0x1000A,
    kAudioChannelLabel_Discrete_11 = 0x1000B,
    kAudioChannelLabel_Discrete_12 = 0x1000C,
    kAudioChannelLabel_Discrete_13 = 0x1000D,
    kAudioChannelLabel_Discrete_14 = 0x1000E,
    kAudioChannelLabel_Discrete_15 = 0x1000F,
    kAudioChannelLabel_Discrete_65535 = 0x1FFFF,
    kAudioChannelLabel_HOA_ACN = 500,
    kAudioChannelLabel_HOA_ACN_0 = 0x20000,
    kAudioChannelLabel_HOA_ACN_1 = 0x20001,
    kAudioChannelLabel_HOA_ACN_2 = 0x20002,
    kAudioChannelLabel_HOA_ACN_3 = 0x20003,
    kAudioChannelLabel_HOA_ACN_4 = 0x20004,
    kAudioChannelLabel_HOA_ACN_5 = 0x20005,
    kAudioChannelLabel_HOA_ACN_6 = 0x20006,
    kAudioChannelLabel_HOA_ACN_7 = 0x20007,
    kAudioChannelLabel_HOA_ACN_8 = 0x20008,
    kAudioChannelLabel_HOA_ACN_9 = 0x20009,
    kAudioChannelLabel_HOA_ACN_10 = 0x2000A,
    kAudioChannelLabel_HOA_ACN_11 = 0x2000B,
    kAudioChannelLabel_HOA_ACN_12 = 0x2000C,
    kAudioChannelLabel_HOA_ACN_13 = 0x2000D,
    kAudioChannelLabel_HOA_ACN_14 = 0x2000E,
    kAudioChannelLabel_HOA_ACN_15 = 0x2000F,
    kAudioChannelLabel_HOA_ACN_65024 = 0x2FE00,
    kAudioChannelLabel_HOA_SN3D = 0x20000,
    kAudioChannelLabel_HOA_N3D = 0x30000,
    kAudioChannelLabel_Object = 0x40000,

    /* AudioChannelBitmap: channels by bit, in the order of the bits; the first 18 as in WAVE's channel mask
     */
    kAudioChannelBit_Left = 1,
    kAudioChannelBit_Right = 2,
    kAudioChannelBit_Center = 4,
    kAudioChannelBit_LFEScreen = 8,
    kAudioChannelBit_LeftSurround = 16,
    kAudioChannelBit_RightSurround = 32,
    kAudioChannelBit_LeftCenter = 64,
    kAudioChannelBit_RightCenter = 128,
    kAudioChannelBit_CenterSurround = 256,
    kAudioChannelBit_LeftSurroundDirect = 512,
    kAudioChannelBit_RightSurroundDirect = 1024,
    kAudioChannelBit_TopCenterSurround = 2048,
    kAudioChannelBit_VerticalHeightLeft = 4096,
    kAudioChannelBit_VerticalHeightCenter = 8192,
    kAudioChannelBit_VerticalHeightRight = 16384,
    kAudioChannelBit_TopBackLeft = 32768,
    kAudioChannelBit_TopBackCenter = 0x10000,
    kAudioChannelBit_TopBackRight = 0x20000,
    kAudioChannelBit_LeftTopFront = 4096,
    kAudioChannelBit_CenterTopFront = 8192,
    kAudioChannelBit_RightTopFront = 16384,
    kAudioChannelBit_LeftTopMiddle = 0x200000,
    kAudioChannelBit_CenterTopMiddle = 2048,
    kAudioChannelBit_RightTopMiddle = 0x800000,
    kAudioChannelBit_LeftTopRear = 0x1000000,
    kAudioChannelBit_CenterTopRear = 0x2000000,
    kAudioChannelBit_RightTopRear = 0x4000000,

    /* AudioChannelFlags: distances in metres, or else in units of the room (1: to the wall) */
    kAudioChannelFlags_AllOff = 0,
    kAudioChannelFlags_RectangularCoordinates = 1,
    kAudioChannelFlags_SphericalCoordinates = 2,
    kAudioChannelFlags_Meters = 4,

    kAudioChannelCoordinates_LeftRight = 0,
    kAudioChannelCoordinates_BackFront = 1,
    kAudioChannelCoordinates_DownUp = 2,
    kAudioChannelCoordinates_Azimuth = 0,
    kAudioChannelCoordinates_Elevation = 1,
    kAudioChannelCoordinates_Distance = 2,

    /* AudioChannelLayoutTag: the number of channels in the lower 16 bits. In the comments the channels in
       order, with the short names that AudioFormat.h gives: Rls Rrs rear surround, Lsd Rsd surround direct,
       Lw Rw wide, Vh top */
    kAudioChannelLayoutTag_UseChannelDescriptions = 0,
    kAudioChannelLayoutTag_UseChannelBitmap = (1U << 16) | 0,
    kAudioChannelLayoutTag_Mono = (100U << 16) | 1,                /* M */
    kAudioChannelLayoutTag_Stereo = (101U << 16) | 2,              /* L R */
    kAudioChannelLayoutTag_StereoHeadphones = (102U << 16) | 2,    /* HpL HpR */
    kAudioChannelLayoutTag_MatrixStereo = (103U << 16) | 2,        /* Lt Rt */
    kAudioChannelLayoutTag_MidSide = (104U << 16) | 2,             /* Mid Side */
    kAudioChannelLayoutTag_XY = (105U << 16) | 2,                  /* X Y */
    kAudioChannelLayoutTag_Binaural = (106U << 16) | 2,            /* BL BR */
    kAudioChannelLayoutTag_Ambisonic_B_Format = (107U << 16) | 4,  /* W X Y Z */
    kAudioChannelLayoutTag_Quadraphonic = (108U << 16) | 4,        /* L R Ls Rs */
    kAudioChannelLayoutTag_Pentagonal = (109U << 16) | 5,          /* L R Ls Rs C */
    kAudioChannelLayoutTag_Hexagonal = (110U << 16) | 6,           /* L R Ls Rs C Cs */
    kAudioChannelLayoutTag_Octagonal = (111U << 16) | 8,           /* L R Ls Rs C Cs Lw Rw */
    kAudioChannelLayoutTag_Cube = (112U << 16) | 8,                /* L R Rls Rrs Vhl Vhr Tbl Tbr */
    kAudioChannelLayoutTag_MPEG_1_0 = (100U << 16) | 1,            /* M */
    kAudioChannelLayoutTag_MPEG_2_0 = (101U << 16) | 2,            /* L R */
    kAudioChannelLayoutTag_MPEG_3_0_A = (113U << 16) | 3,          /* L R C */
    kAudioChannelLayoutTag_MPEG_3_0_B = (114U << 16) | 3,          /* C L R */
    kAudioChannelLayoutTag_MPEG_4_0_A = (115U << 16) | 4,          /* L R C Cs */
    kAudioChannelLayoutTag_MPEG_4_0_B = (116U << 16) | 4,          /* C L R Cs */
    kAudioChannelLayoutTag_MPEG_5_0_A = (117U << 16) | 5,          /* L R C Ls Rs */
    kAudioChannelLayoutTag_MPEG_5_0_B = (118U << 16) | 5,          /* L R Ls Rs C */
    kAudioChannelLayoutTag_MPEG_5_0_C = (119U << 16) | 5,          /* L C R Ls Rs */
    kAudioChannelLayoutTag_MPEG_5_0_D = (120U << 16) | 5,          /* C L R Ls Rs */
    kAudioChannelLayoutTag_MPEG_5_1_A = (121U << 16) | 6,          /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_MPEG_5_1_B = (122U << 16) | 6,          /* L R Ls Rs C LFE */
    kAudioChannelLayoutTag_MPEG_5_1_C = (123U << 16) | 6,          /* L C R Ls Rs LFE */
    kAudioChannelLayoutTag_MPEG_5_1_D = (124U << 16) | 6,          /* C L R Ls Rs LFE */
    kAudioChannelLayoutTag_MPEG_6_1_A = (125U << 16) | 7,          /* L R C LFE Ls Rs Cs */
    kAudioChannelLayoutTag_MPEG_7_1_A = (126U << 16) | 8,          /* L R C LFE Ls Rs Lc Rc */
    kAudioChannelLayoutTag_MPEG_7_1_B = (127U << 16) | 8,          /* C Lc Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_MPEG_7_1_C = (128U << 16) | 8,          /* L R C LFE Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_Emagic_Default_7_1 = (129U << 16) | 8,  /* L R Ls Rs C LFE Lc Rc */
    kAudioChannelLayoutTag_SMPTE_DTV = (130U << 16) | 8,           /* L R C LFE Ls Rs Lt Rt */
    kAudioChannelLayoutTag_ITU_1_0 = (100U << 16) | 1,             /* M */
    kAudioChannelLayoutTag_ITU_2_0 = (101U << 16) | 2,             /* L R */
    kAudioChannelLayoutTag_ITU_2_1 = (131U << 16) | 3,             /* L R Cs */
    kAudioChannelLayoutTag_ITU_2_2 = (132U << 16) | 4,             /* L R Ls Rs */
    kAudioChannelLayoutTag_ITU_3_0 = (113U << 16) | 3,             /* L R C */
    kAudioChannelLayoutTag_ITU_3_1 = (115U << 16) | 4,             /* L R C Cs */
    kAudioChannelLayoutTag_ITU_3_2 = (117U << 16) | 5,             /* L R C Ls Rs */
    kAudioChannelLayoutTag_ITU_3_2_1 = (121U << 16) | 6,           /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_ITU_3_4_1 = (128U << 16) | 8,           /* L R C LFE Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_DVD_0 = (100U << 16) | 1,               /* M */
    kAudioChannelLayoutTag_DVD_1 = (101U << 16) | 2,               /* L R */
    kAudioChannelLayoutTag_DVD_2 = (131U << 16) | 3,               /* L R Cs */
    kAudioChannelLayoutTag_DVD_3 = (132U << 16) | 4,               /* L R Ls Rs */
    kAudioChannelLayoutTag_DVD_4 = (133U << 16) | 3,               /* L R LFE */
    kAudioChannelLayoutTag_DVD_5 = (134U << 16) | 4,               /* L R LFE Cs */
    kAudioChannelLayoutTag_DVD_6 = (135U << 16) | 5,               /* L R LFE Ls Rs */
    kAudioChannelLayoutTag_DVD_7 = (113U << 16) | 3,               /* L R C */
    kAudioChannelLayoutTag_DVD_8 = (115U << 16) | 4,               /* L R C Cs */
    kAudioChannelLayoutTag_DVD_9 = (117U << 16) | 5,               /* L R C Ls Rs */
    kAudioChannelLayoutTag_DVD_10 = (136U << 16) | 4,              /* L R C LFE */
    kAudioChannelLayoutTag_DVD_11 = (137U << 16) | 5,              /* L R C LFE Cs */
    kAudioChannelLayoutTag_DVD_12 = (121U << 16) | 6,              /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_DVD_13 = (115U << 16) | 4,              /* L R C Cs */
    kAudioChannelLayoutTag_DVD_14 = (117U << 16) | 5,              /* L R C Ls Rs */
    kAudioChannelLayoutTag_DVD_15 = (136U << 16) | 4,              /* L R C LFE */
    kAudioChannelLayoutTag_DVD_16 = (137U << 16) | 5,              /* L R C LFE Cs */
    kAudioChannelLayoutTag_DVD_17 = (121U << 16) | 6,              /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_DVD_18 = (138U << 16) | 5,              /* L R Ls Rs LFE */
    kAudioChannelLayoutTag_DVD_19 = (118U << 16) | 5,              /* L R Ls Rs C */
    kAudioChannelLayoutTag_DVD_20 = (122U << 16) | 6,              /* L R Ls Rs C LFE */
    kAudioChannelLayoutTag_AudioUnit_4 = (108U << 16) | 4,         /* L R Ls Rs */
    kAudioChannelLayoutTag_AudioUnit_5 = (109U << 16) | 5,         /* L R Ls Rs C */
    kAudioChannelLayoutTag_AudioUnit_6 = (110U << 16) | 6,         /* L R Ls Rs C Cs */
    kAudioChannelLayoutTag_AudioUnit_8 = (111U << 16) | 8,         /* L R Ls Rs C Cs Lw Rw */
    kAudioChannelLayoutTag_AudioUnit_5_0 = (118U << 16) | 5,       /* L R Ls Rs C */
    kAudioChannelLayoutTag_AudioUnit_6_0 = (139U << 16) | 6,       /* L R Ls Rs C Cs */
    kAudioChannelLayoutTag_AudioUnit_7_0 = (140U << 16) | 7,       /* L R Ls Rs C Rls Rrs */
    kAudioChannelLayoutTag_AudioUnit_7_0_Front = (148U << 16) | 7, /* L R Ls Rs C Lc Rc */
    kAudioChannelLayoutTag_AudioUnit_5_1 = (121U << 16) | 6,       /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_AudioUnit_6_1 = (125U << 16) | 7,       /* L R C LFE Ls Rs Cs */
    kAudioChannelLayoutTag_AudioUnit_7_1 = (128U << 16) | 8,       /* L R C LFE Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_AudioUnit_7_1_Front = (126U << 16) | 8, /* L R C LFE Ls Rs Lc Rc */
    kAudioChannelLayoutTag_AAC_3_0 = (114U << 16) | 3,             /* C L R */
    kAudioChannelLayoutTag_AAC_Quadraphonic = (108U << 16) | 4,    /* L R Ls Rs */
    kAudioChannelLayoutTag_AAC_4_0 = (116U << 16) | 4,             /* C L R Cs */
    kAudioChannelLayoutTag_AAC_5_0 = (120U << 16) | 5,             /* C L R Ls Rs */
    kAudioChannelLayoutTag_AAC_5_1 = (124U << 16) | 6,             /* C L R Ls Rs LFE */
    kAudioChannelLayoutTag_AAC_6_0 = (141U << 16) | 6,             /* C L R Ls Rs Cs */
    kAudioChannelLayoutTag_AAC_6_1 = (142U << 16) | 7,             /* C L R Ls Rs Cs LFE */
    kAudioChannelLayoutTag_AAC_7_0 = (143U << 16) | 7,             /* C L R Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_AAC_7_1 = (127U << 16) | 8,             /* C Lc Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_AAC_7_1_B = (183U << 16) | 8,           /* C L R Ls Rs Rls Rrs LFE */
    kAudioChannelLayoutTag_AAC_7_1_C = (184U << 16) | 8,           /* C L R Ls Rs LFE Vhl Vhr */
    kAudioChannelLayoutTag_AAC_Octagonal = (144U << 16) | 8,       /* C L R Ls Rs Rls Rrs Cs */
    /* L R C Vhc Lsd Rsd Ls Rs Vhl Vhr Lw Rw Csd Cs LFE LFE2 */
    kAudioChannelLayoutTag_TMH_10_2_std = (145U << 16) | 16,
    /* L R C Vhc Lsd Rsd Ls Rs Vhl Vhr Lw Rw Csd Cs LFE LFE2 Lc Rc HI N Hap */
    kAudioChannelLayoutTag_TMH_10_2_full = (146U << 16) | 21,
    kAudioChannelLayoutTag_AC3_1_0_1 = (149U << 16) | 2,  /* C LFE */
    kAudioChannelLayoutTag_AC3_3_0 = (150U << 16) | 3,    /* L C R */
    kAudioChannelLayoutTag_AC3_3_1 = (151U << 16) | 4,    /* L C R Cs */
    kAudioChannelLayoutTag_AC3_3_0_1 = (152U << 16) | 4,  /* L C R LFE */
    kAudioChannelLayoutTag_AC3_2_1_1 = (153U << 16) | 4,  /* L R Cs LFE */
    kAudioChannelLayoutTag_AC3_3_1_1 = (154U << 16) | 5,  /* L C R Cs LFE */
    kAudioChannelLayoutTag_EAC_6_0_A = (155U << 16) | 6,  /* L C R Ls Rs Cs */
    kAudioChannelLayoutTag_EAC_7_0_A = (156U << 16) | 7,  /* L C R Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_EAC3_6_1_A = (157U << 16) | 7, /* L C R Ls Rs LFE Cs */
    kAudioChannelLayoutTag_EAC3_6_1_B = (158U << 16) | 7, /* L C R Ls Rs LFE Ts */
    kAudioChannelLayoutTag_EAC3_6_1_C = (159U << 16) | 7, /* L C R Ls Rs LFE Vhc */
    kAudioChannelLayoutTag_EAC3_7_1_A = (160U << 16) | 8, /* L C R Ls Rs LFE Rls Rrs */
    kAudioChannelLayoutTag_EAC3_7_1_B = (161U << 16) | 8, /* L C R Ls Rs LFE Lc Rc */
    kAudioChannelLayoutTag_EAC3_7_1_C = (162U << 16) | 8, /* L C R Ls Rs LFE Lsd Rsd */
    kAudioChannelLayoutTag_EAC3_7_1_D = (163U << 16) | 8, /* L C R Ls Rs LFE Lw Rw */
    kAudioChannelLayoutTag_EAC3_7_1_E = (164U << 16) | 8, /* L C R Ls Rs LFE Vhl Vhr */
    kAudioChannelLayoutTag_EAC3_7_1_F = (165U << 16) | 8, /* L C R Ls Rs LFE Cs Ts */
    kAudioChannelLayoutTag_EAC3_7_1_G = (166U << 16) | 8, /* L C R Ls Rs LFE Cs Vhc */
    kAudioChannelLayoutTag_EAC3_7_1_H = (167U << 16) | 8, /* L C R Ls Rs LFE Ts Vhc */
    kAudioChannelLayoutTag_DTS_3_1 = (168U << 16) | 4,    /* C L R LFE */
    kAudioChannelLayoutTag_DTS_4_1 = (169U << 16) | 5,    /* C L R Cs LFE */
    kAudioChannelLayoutTag_DTS_6_0_A = (170U << 16) | 6,  /* Lc Rc L R Ls Rs */
    kAudioChannelLayoutTag_DTS_6_0_B = (171U << 16) | 6,  /* C L R Rls Rrs Ts */
    kAudioChannelLayoutTag_DTS_6_0_C = (172U << 16) | 6,  /* C Cs L R Rls Rrs */
    kAudioChannelLayoutTag_DTS_6_1_A = (173U << 16) | 7,  /* Lc Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_DTS_6_1_B = (174U << 16) | 7,  /* C L R Rls Rrs Ts LFE */
    kAudioChannelLayoutTag_DTS_6_1_C = (175U << 16) | 7,  /* C Cs L R Rls Rrs LFE */
    kAudioChannelLayoutTag_DTS_7_0 = (176U << 16) | 7,    /* Lc C Rc L R Ls Rs */
    kAudioChannelLayoutTag_DTS_7_1 = (177U << 16) | 8,    /* Lc C Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_DTS_8_0_A = (178U << 16) | 8,  /* Lc Rc L R Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_DTS_8_0_B = (179U << 16) | 8,  /* Lc C Rc L R Ls Cs Rs */
    kAudioChannelLayoutTag_DTS_8_1_A = (180U << 16) | 9,  /* Lc Rc L R Ls Rs Rls Rrs LFE */
    kAudioChannelLayoutTag_DTS_8_1_B = (181U << 16) | 9,  /* Lc C Rc L R Ls Cs Rs LFE */
    kAudioChannelLayoutTag_DTS_6_1_D = (182U << 16) | 7,  /* C L R Ls Rs LFE Cs */
    kAudioChannelLayoutTag_WAVE_2_1 = (133U << 16) | 3,   /* L R LFE */
    kAudioChannelLayoutTag_WAVE_3_0 = (113U << 16) | 3,   /* L R C */
    kAudioChannelLayoutTag_WAVE_4_0_A = (132U << 16) | 4, /* L R Ls Rs */
    kAudioChannelLayoutTag_WAVE_4_0_B = (185U << 16) | 4, /* L R Rls Rrs */
    kAudioChannelLayoutTag_WAVE_5_0_A = (117U << 16) | 5, /* L R C Ls Rs */
    kAudioChannelLayoutTag_WAVE_5_0_B = (186U << 16) | 5, /* L R C Rls Rrs */
    kAudioChannelLayoutTag_WAVE_5_1_A = (121U << 16) | 6, /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_WAVE_5_1_B = (187U << 16) | 6, /* L R C LFE Rls Rrs */
    kAudioChannelLayoutTag_WAVE_6_1 = (188U << 16) | 7,   /* L R C LFE Cs Ls Rs */
    kAudioChannelLayoutTag_WAVE_7_1 = (189U << 16) | 8,   /* L R C LFE Rls Rrs Ls Rs */
    kAudioChannelLayoutTag_HOA_ACN_SN3D = (190U << 16) | 0,
    kAudioChannelLayoutTag_HOA_ACN_N3D = (191U << 16) | 0,
    kAudioChannelLayoutTag_Atmos_5_1_2 = (194U << 16) | 8,  /* L R C LFE Ls Rs Ltm Rtm */
    kAudioChannelLayoutTag_Atmos_5_1_4 = (195U << 16) | 10, /* L R C LFE Ls Rs Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_Atmos_7_1_2 = (196U << 16) | 10, /* L R C LFE Ls Rs Rls Rrs Ltm Rtm */
    /* L R C LFE Ls Rs Rls Rrs Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_Atmos_7_1_4 = (192U << 16) | 12,
    /* L R C LFE Ls Rs Rls Rrs Lw Rw Vhl Vhr Ltm Rtm Ltr Rtr */
    kAudioChannelLayoutTag_Atmos_9_1_6 = (193U << 16) | 16,
    kAudioChannelLayoutTag_Logic_Mono = (100U << 16) | 1,         /* M */
    kAudioChannelLayoutTag_Logic_Stereo = (101U << 16) | 2,       /* L R */
    kAudioChannelLayoutTag_Logic_Quadraphonic = (108U << 16) | 4, /* L R Ls Rs */
    kAudioChannelLayoutTag_Logic_4_0_A = (115U << 16) | 4,        /* L R C Cs */
    kAudioChannelLayoutTag_Logic_4_0_B = (116U << 16) | 4,        /* C L R Cs */
    kAudioChannelLayoutTag_Logic_4_0_C = (197U << 16) | 4,        /* L R Cs C */
    kAudioChannelLayoutTag_Logic_5_0_A = (117U << 16) | 5,        /* L R C Ls Rs */
    kAudioChannelLayoutTag_Logic_5_0_B = (118U << 16) | 5,        /* L R Ls Rs C */
    kAudioChannelLayoutTag_Logic_5_0_C = (119U << 16) | 5,        /* L C R Ls Rs */
    kAudioChannelLayoutTag_Logic_5_0_D = (120U << 16) | 5,        /* C L R Ls Rs */
    kAudioChannelLayoutTag_Logic_5_1_A = (121U << 16) | 6,        /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_Logic_5_1_B = (122U << 16) | 6,        /* L R Ls Rs C LFE */
    kAudioChannelLayoutTag_Logic_5_1_C = (123U << 16) | 6,        /* L C R Ls Rs LFE */
    kAudioChannelLayoutTag_Logic_5_1_D = (124U << 16) | 6,        /* C L R Ls Rs LFE */
    kAudioChannelLayoutTag_Logic_6_0_A = (141U << 16) | 6,        /* C L R Ls Rs Cs */
    kAudioChannelLayoutTag_Logic_6_0_B = (198U << 16) | 6,        /* L R Ls Rs Cs C */
    kAudioChannelLayoutTag_Logic_6_0_C = (139U << 16) | 6,        /* L R Ls Rs C Cs */
    kAudioChannelLayoutTag_Logic_6_1_A = (142U << 16) | 7,        /* C L R Ls Rs Cs LFE */
    kAudioChannelLayoutTag_Logic_6_1_B = (199U << 16) | 7,        /* L R Ls Rs Cs C LFE */
    kAudioChannelLayoutTag_Logic_6_1_C = (125U << 16) | 7,        /* L R C LFE Ls Rs Cs */
    kAudioChannelLayoutTag_Logic_6_1_D = (200U << 16) | 7,        /* L C R Ls Cs Rs LFE */
    kAudioChannelLayoutTag_Logic_7_1_A = (128U << 16) | 8,        /* L R C LFE Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_Logic_7_1_B = (201U << 16) | 8,        /* L R Ls Rs Rls Rrs C LFE */
    kAudioChannelLayoutTag_Logic_7_1_C = (128U << 16) | 8,        /* L R C LFE Ls Rs Rls Rrs */
    kAudioChannelLayoutTag_Logic_7_1_SDDS_A = (126U << 16) | 8,   /* L R C LFE Ls Rs Lc Rc */
    kAudioChannelLayoutTag_Logic_7_1_SDDS_B = (127U << 16) | 8,   /* C Lc Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_Logic_7_1_SDDS_C = (129U << 16) | 8,   /* L R Ls Rs C LFE Lc Rc */
    kAudioChannelLayoutTag_Logic_Atmos_5_1_2 = (194U << 16) | 8,  /* L R C LFE Ls Rs Ltm Rtm */
    /* L R C LFE Ls Rs Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_Logic_Atmos_5_1_4 = (195U << 16) | 10,
    /* L R C LFE Ls Rs Rls Rrs Ltm Rtm */
    kAudioChannelLayoutTag_Logic_Atmos_7_1_2 = (196U << 16) | 10,
    /* L R C LFE Ls Rs Rls Rrs Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_Logic_Atmos_7_1_4_A = (192U << 16) | 12,
    /* L R Rls Rrs Ls Rs C LFE Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_Logic_Atmos_7_1_4_B = (202U << 16) | 12,
    /* L R C LFE Ls Rs Rls Rrs Vhl Vhr Ltm Rtm Ltr Rtr */
    kAudioChannelLayoutTag_Logic_Atmos_7_1_6 = (203U << 16) | 14,
    kAudioChannelLayoutTag_DiscreteInOrder = (147U << 16) | 0,
    kAudioChannelLayoutTag_CICP_1 = (100U << 16) | 1,  /* M */
    kAudioChannelLayoutTag_CICP_2 = (101U << 16) | 2,  /* L R */
    kAudioChannelLayoutTag_CICP_3 = (113U << 16) | 3,  /* L R C */
    kAudioChannelLayoutTag_CICP_4 = (115U << 16) | 4,  /* L R C Cs */
    kAudioChannelLayoutTag_CICP_5 = (117U << 16) | 5,  /* L R C Ls Rs */
    kAudioChannelLayoutTag_CICP_6 = (121U << 16) | 6,  /* L R C LFE Ls Rs */
    kAudioChannelLayoutTag_CICP_7 = (127U << 16) | 8,  /* C Lc Rc L R Ls Rs LFE */
    kAudioChannelLayoutTag_CICP_9 = (131U << 16) | 3,  /* L R Cs */
    kAudioChannelLayoutTag_CICP_10 = (132U << 16) | 4, /* L R Ls Rs */
    kAudioChannelLayoutTag_CICP_11 = (125U << 16) | 7, /* L R C LFE Ls Rs Cs */
    kAudioChannelLayoutTag_CICP_12 = (128U << 16) | 8, /* L R C LFE Ls Rs Rls Rrs */
    /* Lc Rc C LFE2 Rls Rrs L R Cs LFE3 Lss Rss Vhl Vhr Vhc Ts Ltr Rtr Ltm Rtm Ctr Cb Lb Rb */
    kAudioChannelLayoutTag_CICP_13 = (204U << 16) | 24,
    kAudioChannelLayoutTag_CICP_14 = (205U << 16) | 8, /* L R C LFE Ls Rs Vhl Vhr */
    /* L R C LFE2 Rls Rrs LFE3 Lss Rss Vhl Vhr Ctr */
    kAudioChannelLayoutTag_CICP_15 = (206U << 16) | 12,
    kAudioChannelLayoutTag_CICP_16 = (207U << 16) | 10, /* L R C LFE Ls Rs Vhl Vhr Lts Rts */
    kAudioChannelLayoutTag_CICP_17 = (208U << 16) | 12, /* L R C LFE Ls Rs Vhl Vhr Vhc Lts Rts Ts */
    /* L R C LFE Ls Rs Lbs Rbs Vhl Vhr Vhc Lts Rts Ts */
    kAudioChannelLayoutTag_CICP_18 = (209U << 16) | 14,
    /* L R C LFE Rls Rrs Lss Rss Vhl Vhr Ltr Rtr */
    kAudioChannelLayoutTag_CICP_19 = (210U << 16) | 12,
    /* L R C LFE Rls Rrs Lss Rss Vhl Vhr Ltr Rtr Leos Reos */
    kAudioChannelLayoutTag_CICP_20 = (211U << 16) | 14,
    kAudioChannelLayoutTag_Ogg_3_0 = (150U << 16) | 3, /* L C R */
    kAudioChannelLayoutTag_Ogg_4_0 = (185U << 16) | 4, /* L R Rls Rrs */
    kAudioChannelLayoutTag_Ogg_5_0 = (212U << 16) | 5, /* L C R Rls Rrs */
    kAudioChannelLayoutTag_Ogg_5_1 = (213U << 16) | 6, /* L C R Rls Rrs LFE */
    kAudioChannelLayoutTag_Ogg_6_1 = (214U << 16) | 7, /* L C R Ls Rs Cs LFE */
    kAudioChannelLayoutTag_Ogg_7_1 = (215U << 16) | 8, /* L C R Ls Rs Rls Rrs LFE */

    /* MPEG4ObjectID, ISO/IEC 14496-3 */
    kMPEG4Object_AAC_Main = 1,
    kMPEG4Object_AAC_LC = 2,
    kMPEG4Object_AAC_SSR = 3,
    kMPEG4Object_AAC_LTP = 4,
    kMPEG4Object_AAC_SBR = 5,
    kMPEG4Object_AAC_Scalable = 6,
    kMPEG4Object_TwinVQ = 7,
    kMPEG4Object_CELP = 8,
    kMPEG4Object_HVXC = 9
};

enum {
    kAudioFormatFlagsAreAllClear = 0x80000000U,
    kLinearPCMFormatFlagsAreAllClear = 0x80000000U,
    kAudioChannelLabel_Unknown = 0xFFFFFFFFU,
    kAudioChannelLabel_BeginReserved = 0xF0000000U,
    kAudioChannelLabel_EndReserved = 0xFFFFFFFEU,
    kAudioChannelLayoutTag_BeginReserved = 0xF0000000U,
    kAudioChannelLayoutTag_EndReserved = 0xFFFEFFFFU,
    kAudioChannelLayoutTag_Unknown = 0xFFFF0000U
};

/* Both ends belong to the range; equal ends are one value. */
struct AudioValueRange {
    Float64 mMinimum;
    Float64 mMaximum;
};

/* A question and room for its answer, both the caller's; sizes in bytes. */
struct AudioValueTranslation {
    void *mInputData;
    UInt32 mInputDataSize;
    void *mOutputData;
    UInt32 mOutputDataSize;
};

/* Interleaved samples of some channels, or of one. Who owns mData is said by the function that takes it. */
struct AudioBuffer {
    UInt32 mNumberChannels;
    UInt32 mDataByteSize; /* of sound, or of room for it */
    void *mData;
};

/* mBuffers goes on for mNumberBuffers: one when channels are interleaved, one for each channel when not. */
struct AudioBufferList {
    UInt32 mNumberBuffers;
    AudioBuffer mBuffers[1];
};

/*
 * A stream's format. A frame is a sample of each channel; a packet is what a codec works on at once, for
 * linear PCM one frame. A field of 0 is not known, or differs from packet to packet. With
 * kAudioFormatFlagIsNonInterleaved bytes per packet and frame are those of one channel.
 */
struct AudioStreamBasicDescription {
    Float64 mSampleRate; /* Hz, frames per second */
    AudioFormatID mFormatID;
    AudioFormatFlags mFormatFlags; /* what they mean depends on mFormatID */
    UInt32 mBytesPerPacket;
    UInt32 mFramesPerPacket;
    UInt32 mBytesPerFrame;
    UInt32 mChannelsPerFrame;
    UInt32 mBitsPerChannel; /* significant bits of a sample; 0 for compressed formats */
    UInt32 mReserved;       /* 0 */
};

/* Where a packet lies in a buffer that holds several. */
struct AudioStreamPacketDescription {
    SInt64 mStartOffset;            /* bytes from the start of the buffer */
    UInt32 mVariableFramesInPacket; /* 0 where all packets have as many frames */
    UInt32 mDataByteSize;
};

struct SMPTETime {
    SInt16 mSubframes; /* of mSubframeDivisor in a frame */
    SInt16 mSubframeDivisor;
    UInt32 mCounter; /* messages received */
    SMPTETimeType mType;
    SMPTETimeFlags mFlags;
    SInt16 mHours;
    SInt16 mMinutes;
    SInt16 mSeconds;
    SInt16 mFrames;
};

/* One instant on several clocks. */
struct AudioTimeStamp {
    Float64 mSampleTime; /* frames since some beginning */
    UInt64 mHostTime;    /* as of AudioGetCurrentHostTime */
    Float64 mRateScalar; /* host ticks per frame, over the nominal number */
    UInt64 mWordClockTime;
    SMPTETime mSMPTETime;
    AudioTimeStampFlags mFlags; /* which of the fields are valid */
    UInt32 mReserved;
};

/* A codec. */
struct AudioClassDescription {
    OSType mType;    /* encoder or decoder: AudioCodec.h */
    OSType mSubType; /* the AudioFormatID that it is for */
    OSType mManufacturer;
};

/* What a channel is. Coordinates count only with kAudioChannelLabel_UseCoordinates. */
struct AudioChannelDescription {
    AudioChannelLabel mChannelLabel;
    AudioChannelFlags mChannelFlags; /* how to read the coordinates */
    Float32 mCoordinates[3];         /* right, front, up; or azimuth, elevation in degrees, and distance */
};

/*
 * What the channels of a stream are, in order. A tag says it all, but for two of them:
 * kAudioChannelLayoutTag_UseChannelDescriptions, with mChannelDescriptions going on for as many as are
 * counted, and kAudioChannelLayoutTag_UseChannelBitmap, with the channels in the order of the bits.
 */
struct AudioChannelLayout {
    AudioChannelLayoutTag mChannelLayoutTag;
    AudioChannelBitmap mChannelBitmap;
    UInt32 mNumberChannelDescriptions;
    AudioChannelDescription mChannelDescriptions[1];
};

/* One of several formats that a stream can be decoded as. */
struct AudioFormatListItem {
    AudioStreamBasicDescription mASBD;
    AudioChannelLayoutTag mChannelLayoutTag;
};

/* As an mSampleRate of a format that stands for any rate. */
static const Float64 kAudioStreamAnyRate = 0;

/* True for linear PCM in the byte order of the machine. */
#define TestAudioFormatNativeEndian(f)                                                                       \
    ((f).mFormatID == kAudioFormatLinearPCM &&                                                               \
     ((f).mFormatFlags & kAudioFormatFlagIsBigEndian) == kAudioFormatFlagsNativeEndian)

/* Formats and times to be filled in, for C++ only, as at Apple's. [any, render] */
#ifdef __cplusplus

inline bool IsAudioFormatNativeEndian(const AudioStreamBasicDescription &f)
{
    return TestAudioFormatNativeEndian(f);
}

/* Flags of linear PCM; packed when every bit of a sample is valid, otherwise aligned high. */
inline AudioFormatFlags CalculateLPCMFlags(UInt32 inValidBitsPerChannel, UInt32 inTotalBitsPerChannel,
                                           bool inIsFloat, bool inIsBigEndian,
                                           bool inIsNonInterleaved = false)
{
    UInt32 kind = inIsFloat ? kAudioFormatFlagIsFloat : kAudioFormatFlagIsSignedInteger;
    UInt32 order = inIsBigEndian ? kAudioFormatFlagIsBigEndian : 0;
    UInt32 fill = inValidBitsPerChannel == inTotalBitsPerChannel ? kAudioFormatFlagIsPacked
                                                                 : kAudioFormatFlagIsAlignedHigh;
    UInt32 planes = inIsNonInterleaved ? kAudioFormatFlagIsNonInterleaved : 0;
    return kind | order | fill | planes;
}

inline void FillOutASBDForLPCM(AudioStreamBasicDescription &outASBD, Float64 inSampleRate,
                               UInt32 inChannelsPerFrame, UInt32 inValidBitsPerChannel,
                               UInt32 inTotalBitsPerChannel, bool inIsFloat, bool inIsBigEndian,
                               bool inIsNonInterleaved = false)
{
    UInt32 bytes = (inIsNonInterleaved ? 1 : inChannelsPerFrame) * (inTotalBitsPerChannel / 8);
    outASBD.mSampleRate = inSampleRate;
    outASBD.mFormatID = kAudioFormatLinearPCM;
    outASBD.mFormatFlags = CalculateLPCMFlags(inValidBitsPerChannel, inTotalBitsPerChannel, inIsFloat,
                                              inIsBigEndian, inIsNonInterleaved);
    outASBD.mBytesPerPacket = bytes;
    outASBD.mFramesPerPacket = 1;
    outASBD.mBytesPerFrame = bytes;
    outASBD.mChannelsPerFrame = inChannelsPerFrame;
    outASBD.mBitsPerChannel = inValidBitsPerChannel;
    outASBD.mReserved = 0;
}

inline void FillOutAudioTimeStampWithSampleAndHostTime(AudioTimeStamp &outATS, Float64 inSampleTime,
                                                       UInt64 inHostTime)
{
    outATS = AudioTimeStamp();
    outATS.mSampleTime = inSampleTime;
    outATS.mHostTime = inHostTime;
    outATS.mFlags = kAudioTimeStampSampleHostTimeValid;
}

inline void FillOutAudioTimeStampWithSampleTime(AudioTimeStamp &outATS, Float64 inSampleTime)
{
    FillOutAudioTimeStampWithSampleAndHostTime(outATS, inSampleTime, 0);
    outATS.mFlags = kAudioTimeStampSampleTimeValid;
}

inline void FillOutAudioTimeStampWithHostTime(AudioTimeStamp &outATS, UInt64 inHostTime)
{
    FillOutAudioTimeStampWithSampleAndHostTime(outATS, 0, inHostTime);
    outATS.mFlags = kAudioTimeStampHostTimeValid;
}

#endif

CF_EXTERN_C_BEGIN

/* [any] The low 16 bits; 0 for the two tags that do not say. */
extern UInt32 AudioChannelLayoutTag_GetNumberOfChannels(AudioChannelLayoutTag inLayoutTag);

CF_EXTERN_C_END

#endif
