/* The device tree as the loader found it. */
#ifndef MONITOR_DT_H
#define MONITOR_DT_H

#include <stddef.h>

/* The "compatible" string of the first processor, or "unknown processor"; at most bytes with the final 0. */
void dt_cpu_name(char *out, size_t bytes);

#endif
