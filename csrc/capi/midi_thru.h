/* midi_thru.h: the parameters of a thru connection as a dict and as Apple's struct with what follows it. */
#ifndef CM_CAPI_MIDI_THRU_H
#define CM_CAPI_MIDI_THRU_H

#include "midi.h"

/* A new dict of all keys. data has at least the struct and what it announces, else RuntimeError. */
PyObject *cm_thru_dict(CFDataRef data);

/*
 * The data of such a dict, the caller's to release. Missing keys take their initial values, unknown ones are
 * ignored. TypeError for a value of the wrong type, OverflowError for a number that its field cannot hold,
 * ValueError for lists of the wrong length.
 */
CFDataRef cm_thru_data(PyObject *dict);

#endif
