/* The units that are always there. A new one is a file with its class and a line here. */
#include "unit.h"

const cm_unit_class *const cm_unit_classes[] = {
    &cm_unit_hal_output, &cm_unit_default_output, &cm_unit_system_output, &cm_unit_generic_output, NULL,
};
