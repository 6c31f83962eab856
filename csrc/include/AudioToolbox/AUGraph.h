/* AudioToolbox/AUGraph.h: graphs of Audio Units. */
#ifndef AudioToolbox_AUGraph_h
#define AudioToolbox_AUGraph_h

#include <CoreAudioTypes/CoreAudioTypes.h>

typedef SInt32 AUNode;

enum {
    kAUGraphErr_NodeNotFound = -10860,
    kAUGraphErr_InvalidConnection = -10861,
    kAUGraphErr_OutputNodeErr = -10862,
    kAUGraphErr_CannotDoInCurrentContext = -10863,
    kAUGraphErr_InvalidAudioUnit = -10864,

    kAUNodeInteraction_Connection = 1,
    kAUNodeInteraction_InputCallback = 2
};

#endif
