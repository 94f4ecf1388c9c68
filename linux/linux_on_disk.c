/* The personality with its root on a disk. */
#include "LinuxOnDisk.h"
/* */
#include "component.inc"
