/*
 * System V IPC: shared memory, semaphores, message queues.  What the three have in common: objects that are found by key or by number,
 * owners and modes.  An object that is waited on lives (refs) until nobody waits any more, but is_gone then: EIDRM.
 */
#ifndef LINUX_IPC_IPC_H
#define LINUX_IPC_IPC_H

#include <asm/ipcbuf.h>
#include <linux/ipc.h>

#include "../fs/text.h"
#include "../task/task.h"

#define IPC_MOST 4096u /* objects of a kind: Linux's default for shared memory (SHMMNI) */
#define SHM_MOST (~0ul - (1ul << 24)) /* bytes, and pages in all (SHMMAX, SHMALL of linux/shm.h) */
#define IPC_STEP                                                                                   \
    32768 /* a number is a sequence number times this (IPCMNI of ipc/util.h), plus a place */

struct ipc_object {
    int32_t key;
    int id;
    uint32_t uid, gid, cuid, cgid, mode;
    uint64_t changed; /* seconds */
    unsigned refs;
    bool is_gone;
};

struct ipc_kind {
    struct ipc_object *object[IPC_MOST];
    uint16_t sequence[IPC_MOST];
    unsigned used;
    /* A new one of that size; 0 or -errno. */
    int (*make)(uint64_t size, uint32_t flags, int32_t key, struct ipc_object **out);
    /* Is there one that is large enough?  -EINVAL. */
    int (*fits)(const struct ipc_object *o, uint64_t size);
    void (*destroy)(struct ipc_object *o); /* the last reference has gone */
};

/* shmget, semget, msgget: the number, or -errno (ENOENT, EEXIST, EACCES, ENOSPC, EINVAL, ENOMEM). */
long ipc_get(struct ipc_kind *k, int32_t key, uint32_t flags, uint64_t size);
/* By number: 0, -EINVAL, -EIDRM. */
int ipc_find(struct ipc_kind *k, int id, struct ipc_object **out);
/* For the commands of *ctl that take a number, or (by_place) a place: found, and may be read if that matters.  0 or -errno. */
int ipc_look(struct ipc_kind *k, int id, bool by_place, bool anyone, struct ipc_object **out);
/* May the caller?  Bits of 0444 and 0222.  0, -EACCES. */
int ipc_allows(const struct ipc_object *o, uint32_t wanted);
/* May it remove or change it?  0, -EPERM. */
int ipc_owns(const struct ipc_object *o);
/* Its number and key are free; whoever waits finds is_gone. */
void ipc_remove(struct ipc_kind *k, struct ipc_object *o);
void ipc_put(struct ipc_kind *k, struct ipc_object *o);
/* struct ipc64_perm, out and in. */
void ipc_show(const struct ipc_object *o, struct ipc64_perm *to);
void ipc_set(struct ipc_object *o, const struct ipc64_perm *from);
/* The highest place that is used, or 0: what *_INFO and *_STAT loop up to. */
int ipc_highest(const struct ipc_kind *k);
uint64_t ipc_now(void); /* seconds since 1970 */

/* The next object from place *place on, which becomes the one behind it; NULL. */
struct ipc_object *ipc_next(const struct ipc_kind *k, unsigned *place);

/* /proc/sysvipc and /proc/sys/kernel. */
void shm_text(struct text *to);
void sem_text(struct text *to);
void msg_text(struct text *to);

/* The process has ended: its SEM_UNDO. */
void sem_process_over(struct process *p);

#endif
