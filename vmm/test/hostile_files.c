/* The component HostileFiles. */
#include "HostileFiles.h"
/* */
#include "kernel_files.inc"
