/* What the system calls itself. */
#ifndef LINUX_TASK_IDENTITY_H
#define LINUX_TASK_IDENTITY_H

#define TESSERA_LINUX_RELEASE "6.1.0"

struct new_utsname;

/* The names that uname gives. */
const struct new_utsname *system_names(void);

#endif
