/* Pieces that are started once. */
#ifndef LINUX_TASK_START_H
#define LINUX_TASK_START_H

#include <stdint.h>

/* A directory, unless it is there. */
int make_directory(const char *path, uint32_t mode);
/* event/, fs/proc.c: register file systems and devices. */
void events_start(void);
void proc_start(void);

#endif
