#include "driver.h"

const cm_driver *const cm_drivers[] = { &cm_driver_pulse, &cm_driver_jack, &cm_driver_alsa,
                                        &cm_driver_virtual, NULL };
