/* Random bytes: ChaCha20 (RFC 8439) under a key that is replaced by its own output. */
#ifndef LINUX_TASK_RANDOM_H
#define LINUX_TASK_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mix something unpredictable into the key. */
void random_seed(const void *bytes, size_t count);
void random_bytes(void *to, size_t count);
/* For a call that moves many of them, between pieces of 256: others have their turn now and then.  False: a signal came, what is done is the result. */
bool random_may_go_on(uint64_t done);

#endif
