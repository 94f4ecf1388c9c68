/* Between the component (linux.c) and the library: what the one calls of the other. */
#ifndef LINUX_TASK_PERSONALITY_H
#define LINUX_TASK_PERSONALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMP_LIKELY(x)   __builtin_expect(!!(x), 1)
#define COMP_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* ---- the library's ---- */

struct personality_config {
    const char *command;   /* for /bin/sh -c, as the first process; "": an interactive shell */
    const void *root_cpio; /* the initial root, an archive of format newc */
    size_t root_cpio_bytes;
    uint64_t real_ns; /* what time it is */
    uint64_t seed[4]; /* of random numbers */
    uint16_t rows, columns;
};
/* Set up root, devices and the first process; then event_loop.  Memory has been given to native_start. */
_Noreturn void personality_run(const struct personality_config *config, uint64_t window_bytes);
/* Text of what is not implemented but was asked for; bytes. */
size_t unimplemented_text(char *to, size_t most);

/* ---- the component's ---- */

/* Bits of the component's notification came. */
void personality_signal(uint64_t bits);
/* Text for the terminal; how many bytes were taken, fewer when it has no room at present. */
size_t personality_write(const char *text, size_t bytes);
/* The terminal can take typed text again. */
void personality_keys(void);
/* The memory that is lent to the file server, and its size; NULL: there is none. */
struct disk_request;
uint8_t *personality_disk(size_t *bytes);
/* Hand over a request (fs/disk.h); disk_done says that it is completed.  false: too many are outstanding. */
bool personality_disk_start(uint64_t cookie, const struct disk_request *request);
/* The system around the personality (supervise.inc), for /proc/tessera.  -ENODEV: no supervisor is connected. */
struct text;
enum personality_text { TEXT_COMPONENTS, TEXT_CONNECTIONS, TEXT_EVENTS, TEXT_GUESTS, TEXT_TRACE };
int personality_show(struct text *to, enum personality_text what);
/* "restart|kill|stop|start COMPONENT" or "swap COMPONENT ALTERNATIVE"; the text is changed.  -EINVAL, -ESRCH, -EPERM, -EBUSY. */
int personality_order(char *text);
/* Begin to collect the traces of connections, or forget them.  -ENOMEM. */
int personality_trace(bool on);
/* Something has happened: what the traces hold is collected. */
void personality_trace_look(void);
/* The first process has ended with that status: the system is over. */
_Noreturn void personality_over(int status);

#endif
