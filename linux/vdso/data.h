/* The page before the vDSO's code, written by the personality. */
#ifndef LINUX_VDSO_DATA_H
#define LINUX_VDSO_DATA_H

#include <stdint.h>

struct vdso_data {
    uint64_t real_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
};

#endif
