/* Random numbers and arguments of the fuzzer (fuzz.c). */
#ifndef LINUX_FUZZ_H
#define LINUX_FUZZ_H

#include <stdint.h>
#include <sys/types.h>

#define SCRATCH "/tmp/fuzz"
#define ARENA   0x10000000ul /* pages of all kinds, for arguments */
#define PAGES   64u
#define PAGE    4096u

enum kind {
    NONE,
    ZERO,
    FD,
    IN,
    OUT,
    LENGTH,
    OFFSET,
    IOV,
    COUNT,
    DIRFD,
    PATH,
    OPEN,
    MODE,
    BITS,
    FCNTL,
    ANY,
    IOCTL,
    AT,
    NODE,
    UNLINK,
    ID,
    TIME,
    PLACE,
    FSTYPE,
    MOUNT,
    REQUEST,
    SMALL,
    SETSIZE,
    CLOCK,
    EPOLL,
    WAIT,
    POLL,
    PID,
    SIGNAL,
    SOCKADDR,
    MESSAGE,
    MAP,
    PROT,
    MAPFLAGS,
    PAGE_OFFSET,
    ADVICE,
    WORD,
    FUTEX,
    ROBUST,
    SIGEVENT,
    SIGINFO,
    ACTION,
    STACK,
    WAITFLAGS,
    CLONE,
    CLONEARGS,
    CLONESIZE,
    VECTOR,
    PROGRAM,
    INSIDE,
    PRCTL
};

extern uint64_t fuzz_state;   /* decides all that follows; never 0 */
extern pid_t fuzz_last_child; /* 0: none */

uint64_t fuzz_next(void);
uint64_t fuzz_below(uint64_t n);        /* 0 .. n - 1 */
uint64_t fuzz_argument(enum kind kind); /* one of that kind, rarely none */

#endif
