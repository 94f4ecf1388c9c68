/*
 * NVM Express, revision 1.4 (sections and figures are those of that text): commands, and a pair of queues; registers: blockdrv/nvme.h.
 *
 * The driver's books are in its private memory.  Of what the device writes, only completions are read, each word once, and believed as far as
 * they fit the books: the command is out, it is this queue's, the device has fetched no more than it was given.  Else NVME_BROKEN.
 */
#ifndef BLOCK_NVME_NVME_H
#define BLOCK_NVME_NVME_H

#include <stdbool.h>
#include <stdint.h>

#include <blockdrv/nvme.h>
#include <comp/fence.h>

#define NVME_PAGE 4096u /* CC.MPS = 0 */

enum nvme_admin { /* operation codes (chapter 5) */
                  NVME_CREATE_SQ = 0x01,
                  NVME_CREATE_CQ = 0x05,
                  NVME_IDENTIFY = 0x06,
                  NVME_SET_FEATURES = 0x09,
};

enum nvme_io { /* chapter 6 */
               NVME_FLUSH = 0x00,
               NVME_WRITE = 0x01,
               NVME_READ = 0x02,
};

#define NVME_IDENTIFY_NAMESPACE  0u /* CNS (5.15) */
#define NVME_IDENTIFY_CONTROLLER 1u
#define NVME_FEATURE_QUEUES      7u /* 5.21.1.7 */

#define NVME_CONTIGUOUS 1u /* command dword 11 of the two that create (5.3, 5.4) */
#define NVME_INTERRUPTS 2u

/* Status: type << 8 | code (4.6.1) */
#define NVME_STATUS_PROTECTED 0x020u /* 4.6.1.2: write protected */
#define NVME_STATUS_READ_ONLY 0x182u /* to a range that is only read */

struct nvme_command { /* 4.2 */
    uint32_t id;      /* operation code, command identifier << 16 */
    uint32_t name_space;
    uint32_t reserved[4]; /* no metadata */
    uint64_t data[2];     /* PRP entry 1, 2 */
    uint32_t argument[6]; /* command dwords 10 .. 15 */
};

struct nvme_completion { /* 4.6 */
    uint32_t result, reserved;
    uint32_t queue;  /* submission queue head, identifier << 16 */
    uint32_t status; /* command identifier, phase << 16, status << 17 */
};

_Static_assert(sizeof(struct nvme_command) == 64 && sizeof(struct nvme_completion) == 16,
               "as CC says");

#define NVME_IDS 128u /* command identifiers */

/* In a place whose command the device has fetched: an operation that there is none of on PCI, by an identifier that nobody uses. */
#define NVME_NO_COMMAND 0xffff007fu

/* A submission queue and its completion queue, both with so many entries. */
struct nvme_queue {
    volatile struct nvme_command *commands;
    volatile struct nvme_completion *completions;
    volatile uint32_t *tail_bell, *head_bell;
    uint16_t number, size;
    uint16_t tail;   /* of the submission queue, */
    uint16_t head;   /* as far as the device has told it */
    uint16_t next;   /* of the completion queue */
    uint16_t out;    /* commands */
    uint16_t untold; /* completions collected, their places not given back yet */
    bool phase;      /* of a new completion */
    bool is_out[NVME_IDS];
};

enum nvme_result {
    NVME_OK,
    NVME_NONE,
    NVME_BROKEN, /* the device does not keep to the rules */
};

struct nvme_done {
    uint32_t id;
    uint32_t status; /* NVME_STATUS_*; 0: success */
};

static inline void nvme_queue_open(struct nvme_queue *q, uint16_t number, uint16_t size,
                                   volatile uint8_t *commands, volatile uint8_t *completions,
                                   volatile uint8_t *bells, uint32_t stride)
{
    *q = (struct nvme_queue){ .number = number, .size = size, .phase = true };
    q->commands = (volatile struct nvme_command *)commands;
    q->completions = (volatile struct nvme_completion *)completions;
    q->tail_bell = (volatile uint32_t *)(bells + 2u * number * stride); /* 3.1.24 */
    q->head_bell = (volatile uint32_t *)(bells + (2u * number + 1) * stride);
    for (uint32_t i = 0; i < size; i++) {
        q->commands[i].id = NVME_NO_COMMAND;
    }
}

static inline uint16_t nvme_after(const struct nvme_queue *q, uint16_t at)
{
    return at + 1u == q->size ? 0 : (uint16_t)(at + 1);
}

/* From the one place to the other. */
static inline uint32_t nvme_distance(const struct nvme_queue *q, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + q->size - from;
}

/* Is there a place for a command, and one for its completion? (4.1: one remains empty) */
static inline bool nvme_has_room(const struct nvme_queue *q)
{
    return q->out + q->untold < q->size - 1 && nvme_after(q, q->tail) != q->head;
}

/* There is room, and no command with that identifier (below NVME_IDS) is out; c->id has the operation code. */
static inline void nvme_send(struct nvme_queue *q, uint32_t id, const struct nvme_command *c)
{
    volatile struct nvme_command *to = &q->commands[q->tail];

    to->id = c->id | id << 16;
    to->name_space = c->name_space;
    for (unsigned i = 0; i < 4; i++) {
        to->reserved[i] = 0;
    }
    to->data[0] = c->data[0];
    to->data[1] = c->data[1];
    /* no block, and not that of an old command, should what follows go wrong */
    to->argument[0] = UINT32_MAX;
    to->argument[1] = UINT32_MAX;
    for (unsigned i = 0; i < 6; i++) {
        to->argument[i] = c->argument[i];
    }
    q->is_out[id] = true;
    q->out++;
    q->tail = nvme_after(q, q->tail);
    comp_fence();
    *q->tail_bell = q->tail;
}

/* The next completion. */
static inline enum nvme_result nvme_collect(struct nvme_queue *q, struct nvme_done *done)
{
    const volatile struct nvme_completion *c = &q->completions[q->next];
    uint32_t status = c->status, id = status & 0xffff, queue, head;

    if ((status >> 16 & 1) != q->phase) {
        return NVME_NONE;
    }
    comp_fence();
    queue = c->queue;
    head = queue & 0xffff;
    if (id >= NVME_IDS || !q->is_out[id] || queue >> 16 != q->number || head >= q->size ||
        nvme_distance(q, q->head, head) > nvme_distance(q, q->head, q->tail)) {
        return NVME_BROKEN;
    }
    q->is_out[id] = false;
    q->out--;
    q->untold++;
    for (; q->head != head; q->head = nvme_after(q, q->head)) {
        q->commands[q->head].id = NVME_NO_COMMAND; /* it is not done again by a tail that leaps */
    }
    q->next = nvme_after(q, q->next);
    q->phase ^= q->next == 0;
    *done = (struct nvme_done){ id, status >> 17 & 0x7ff };
    return NVME_OK;
}

/* The device may use the places of what was collected again. */
static inline void nvme_collected(struct nvme_queue *q)
{
    if (q->untold) {
        q->untold = 0;
        comp_fence();
        *q->head_bell = q->next;
    }
}

/*
 * The entries that say where `bytes` from `address` (a multiple of 4) lie (4.3): data[0], data[1], and if these do not suffice, a
 * list of pages in `list`, which the device finds at list_address; there must be room for NVME_LIST(bytes) entries.
 */
#define NVME_LIST(bytes) ((bytes) / NVME_PAGE)

static inline void nvme_place(struct nvme_command *c, uint64_t address, uint32_t bytes,
                              volatile uint64_t *list, uint64_t list_address)
{
    uint64_t page = (address & ~(uint64_t)(NVME_PAGE - 1)) + NVME_PAGE;
    uint64_t end = address + bytes;

    c->data[0] = address;
    c->data[1] = 0;
    if (page >= end) {
        return;
    }
    if (end - page <= NVME_PAGE) {
        c->data[1] = page;
        return;
    }
    c->data[1] = list_address;
    for (unsigned i = 0; page < end; i++, page += NVME_PAGE) {
        list[i] = page;
    }
}

#endif
