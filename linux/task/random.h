/* Random bytes: ChaCha20 (RFC 8439) under a key that is replaced by its own output. */
#ifndef LINUX_TASK_RANDOM_H
#define LINUX_TASK_RANDOM_H

#include <stddef.h>

/* Mix something unpredictable into the key. */
void random_seed(const void *bytes, size_t count);
void random_bytes(void *to, size_t count);

#endif
