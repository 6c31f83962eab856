/*
 * forget.h: MIDI in a child of fork(). None of the parent's threads is there, any lock may be held by one of
 * them, and a driver's connection is the parent's. So the child begins anew: references of before are stale,
 * no library is called, nothing of before is freed.
 *
 * Each part's function brings what it keeps back to how it was when the process began. They run once, on the
 * child's only thread.
 */
#ifndef CM_MIDI_FORGET_H
#define CM_MIDI_FORGET_H

void cm_midi_objects_forget(void);
void cm_midi_notify_forget(void);
void cm_midi_schedule_forget(void);
void cm_midi_sysex_forget(void);
void cm_midi_setup_forget(void);
void cm_midi_thru_forget(void);
void cm_midi_plug_ins_forget(void);
void cm_midi_drivers_forget(void);

#endif
