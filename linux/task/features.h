/* What the processor can, for programs: AT_HWCAP and /proc/cpuinfo. */
#ifndef LINUX_TASK_FEATURES_H
#define LINUX_TASK_FEATURES_H

#include <stdint.h>

/* Once, before there are tasks: 0 or -ENOMEM. */
int features_start(void);
/* HWCAP_* and HWCAP2_* of asm/hwcap.h. */
extern uint64_t features, features2;
/* The name of the n-th feature that is there, as in /proc/cpuinfo; NULL: there are no more. */
const char *feature_name(unsigned n);

#endif
