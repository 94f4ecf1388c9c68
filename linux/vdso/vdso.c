/* Code that runs in the programs: clocks without a system call.  The data page lies before it. */
#include <linux/time.h>
#include <stdint.h>

#include "data.h"

#define NS 1000000000ull

extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

static inline uint64_t monotonic_ns(void)
{
    uint64_t ticks, hz;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    return ticks / hz * NS + ticks % hz * NS / hz;
}

static inline long system_call(long number, long a, long b)
{
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x8 __asm__("x8") = number;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
    return x0;
}

int __kernel_clock_gettime(long clock, struct __kernel_timespec *to);
int __kernel_gettimeofday(struct __kernel_old_timeval *to, struct timezone *zone);
int __kernel_clock_getres(long clock, struct __kernel_timespec *to);

int __kernel_clock_gettime(long clock, struct __kernel_timespec *to)
{
    uint64_t ns;

    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        ns = monotonic_ns() + vdso_data.real_offset_ns;
        break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        ns = monotonic_ns();
        break;
    default:
        return (int)system_call(113 /* clock_gettime */, clock, (long)to);
    }
    to->tv_sec = (long long)(ns / NS);
    to->tv_nsec = (long long)(ns % NS);
    return 0;
}

int __kernel_gettimeofday(struct __kernel_old_timeval *to, struct timezone *zone)
{
    uint64_t ns = monotonic_ns() + vdso_data.real_offset_ns;

    if (to) {
        to->tv_sec = (long)(ns / NS);
        to->tv_usec = (long)(ns % NS / 1000);
    }
    if (zone) {
        zone->tz_minuteswest = zone->tz_dsttime = 0;
    }
    return 0;
}

int __kernel_clock_getres(long clock, struct __kernel_timespec *to)
{
    return (int)system_call(114 /* clock_getres */, clock, (long)to);
}
