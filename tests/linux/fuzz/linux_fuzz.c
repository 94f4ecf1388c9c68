/* The personality with a root that holds the fuzzer. */
#include "LinuxFuzz.h"
/* */
#include "component.inc"
