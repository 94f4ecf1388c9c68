#ifndef SUPERVISOR_SEED_H
#define SUPERVISOR_SEED_H

/* Bring the system up from the boot archive; what cannot be is said in one line, then power-off. */
_Noreturn void seed(void);

#endif
