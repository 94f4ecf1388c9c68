/* Capabilities as user programs see them: object types, rights, attributes. */
#ifndef TESSERA_CAP_H
#define TESSERA_CAP_H

#include <stdint.h>

enum tess_type {
#define OBJECT(name, number, bytes, align, text) TESS_TYPE_##name = number,
#include "../../objects.def"
#undef OBJECT
    TESS_TYPE_COUNT
};

/* Bytes that one object takes; 0: see abi/objects.def. */
enum tess_size {
#define OBJECT(name, number, bytes, align, text) TESS_SIZE_##name = bytes,
#include "../../objects.def"
#undef OBJECT
};

#define TESS_SLOT_BYTES 64         /* one capability slot; a CNode takes two more for itself */
#define TESS_CNODE_MAX  (1u << 20) /* slots of one CNode */
#define TESS_RETYPE_MAX 64u        /* objects made by one untyped.retype */
#define TESS_PAGE       4096u
#define TESS_VECTOR_MAX 28u /* frames of one vspace.*_vector call */
#define TESS_PAGES_MAX  64u /* pages of one item of vspace.pages; none crosses a multiple of 2 MiB */
#define TESS_PAGES_KEEP                                                                            \
    8u /* vspace.pages: pages that are mapped stay and get these rights; others are left alone */
#define TESS_USER_TOP                                                                              \
    (1ull << 47) /* first address that is not a user address (48-bit, lower half) */
#define TESS_GUEST_TOP  (1ull << 39) /* first address that is no guest-physical address */
#define TESS_PRIO_COUNT 256u         /* 0 lowest .. 255 highest */

/* Rights.  Objects other than endpoint, reply, notification and frame have no rights: who holds them may do all. */
#define TESS_RIGHT_SEND  0x1u /* endpoint: send, call; notification: signal */
#define TESS_RIGHT_RECV  0x2u /* endpoint: receive; notification: wait */
#define TESS_RIGHT_GRANT 0x4u /* endpoint: capabilities may travel with messages */
#define TESS_RIGHT_READ  0x1u /* frame */
#define TESS_RIGHT_WRITE 0x2u /* frame */
#define TESS_RIGHT_EXEC  0x4u /* frame */
#define TESS_RIGHT_PHYS  0x8u /* frame: the physical address may be asked */
#define TESS_RIGHT_ALL   0xfu

/* Memory attributes of a mapping. */
#define TESS_ATTR_NORMAL 0u /* write-back cacheable; RAM only */
#define TESS_ATTR_DEVICE 1u /* Device-nGnRE; what device frames are always mapped with */
#define TESS_ATTR_NOCACHE                                                                          \
    2u /* Normal non-cacheable; RAM shared with a device that does not snoop */

/* thread.configure flags */
#define TESS_THREAD_FOREIGN 1u /* no native system calls: every svc goes to the fault handler */

/* untyped.retype: place the objects at the next free offset */
#define TESS_OFFSET_NEXT (~(uint64_t)0)

/* thread.info state */
enum tess_thread_state {
    TESS_THREAD_READY,     /* runs or could run if it had the CPU */
    TESS_THREAD_SUSPENDED, /* new, or stopped by suspend, or by a fault that nobody handles */
    TESS_THREAD_NO_BUDGET, /* could run if it had processor time */
    TESS_THREAD_SEND,      /* waits for a receiver */
    TESS_THREAD_RECV,      /* waits for a message */
    TESS_THREAD_REPLY,     /* waits for a reply to its call or fault */
    TESS_THREAD_WAIT,      /* waits for a notification */
    TESS_THREAD_IDLE,      /* guest in wfi: waits for a virtual interrupt */
};

#endif
