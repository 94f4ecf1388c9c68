/* The component BusyFiles. */
#include "BusyFiles.h"
/* */
#include "kernel_files.inc"
