/* The clock behind now_ns and the timers, for the event loop and the clock's system calls. */
#ifndef LINUX_TASK_CLOCK_H
#define LINUX_TASK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* It is so many ns since 1970. */
void clock_set_real(uint64_t ns);
/* CLOCK_REALTIME - CLOCK_MONOTONIC, for the vDSO. */
uint64_t clock_real_offset(void);

/* When the next timer fires; TIME_NEVER: none is set. */
uint64_t timers_next(void);
/* There is one, and since the last question timers were set or fired: the alarm has to be told. */
bool timers_changed(void);
/* Fire those whose time has come. */
void timers_fire(void);

#endif
