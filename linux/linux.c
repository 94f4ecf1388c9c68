/* The personality with its root in memory. */
#include "Linux.h"
/* */
#include "component.inc"
