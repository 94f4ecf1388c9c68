/* Registers and commands of an interrupt translation service, as far as the driver uses them (IHI0069H; numbers are its sections). */
#ifndef ITS_GICV3_ITS_H
#define ITS_GICV3_ITS_H

#include <stdint.h>

/* ---- registers of the control frame, 12.19: byte offsets ---- */

enum its_register {
    ITS_CTLR = 0x000,
    ITS_TYPER = 0x008, /* 64 bits, as all that follow */
    ITS_CBASER = 0x080,
    ITS_CWRITER = 0x088,
    ITS_CREADR = 0x090,
    ITS_BASER = 0x100, /* eight of them */
};

#define ITS_BASERS 8u

#define CTLR_ENABLED   (1u << 0)
#define CTLR_QUIESCENT (1u << 31)

#define TYPER_PHYSICAL       (1ull << 0)
#define TYPER_ITT_ENTRY(x)   ((uint32_t)((x) >> 4 & 0xf) + 1) /* bytes */
#define TYPER_DEVICE_BITS(x) ((uint32_t)((x) >> 13 & 0x1f) + 1)
#define TYPER_TARGET_ADDRESS                                                                       \
    (1ull << 19) /* a target is the address of a redistributor, not the number of a processor */

/* Tables and queue: inner shareable, write-back; valid; one page.  What the register says of itself stays as it is. */
#define BASE_VALID        (1ull << 63)
#define BASE_CACHED       (7ull << 59 | 1ull << 10)
#define BASER_ITS_OWN     (7ull << 56 | 0x1full << 48)
#define BASER_TYPE(x)     ((uint32_t)((x) >> 56 & 7))
#define BASER_ENTRY(x)    ((uint32_t)((x) >> 48 & 0x1f) + 1) /* bytes */
#define BASER_PAGE(x)     ((uint32_t)((x) >> 8 & 3))         /* 4, 16 or 64 KiB */
#define BASER_DEVICES     1u
#define BASER_COLLECTIONS 4u

#define READ_STALLED 1ull /* of CREADR: a command was wrong */

/* ---- commands, 5.3: four words ---- */

#define COMMAND_WORDS 4u
#define COMMAND_VALID (1ull << 63)

enum its_command {
    COMMAND_INT = 0x03,
    COMMAND_SYNC = 0x05,
    COMMAND_MAPD = 0x08,
    COMMAND_MAPC = 0x09,
    COMMAND_MAPTI = 0x0a,
    COMMAND_INV = 0x0c,
};

#endif
