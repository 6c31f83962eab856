#include "midi/driver.h"

void cm_midi_drivers_start(void)
{
}
