/*
 * The guest's watchdog: an SBSA generic watchdog (Arm DEN0029D, appendix B), counted in seconds.  The guest arms and feeds it; when it was not fed for
 * twice its offset, the machine is reset.
 *
 *      off --WCS.EN--> armed, until now + WOR --not fed--> WS0, until now + WOR --not fed--> reset
 *                        ^----- fed: WRR, WOR or WCS was written -----'
 */
#include <tess/time.h>

#include "host.h"
#include "machine.h"

/* Control frame; the refresh frame has WRR and the identification only. */
enum { WCS = 0x000, WOR = 0x008, WCV = 0x010, W_IIDR = 0xfcc };
#define WCS_EN  1u
#define WCS_WS0 2u
#define IIDR    0x0000043bu
#define HZ      tess_ticks_of_ns(1000000000)

static struct {
    uint32_t status;
    uint32_t offset; /* ticks of the counter */
    uint64_t until;  /* ticks; meaningful while it is armed */
} dog;

void watchdog_part(struct machine_part *out)
{
    *out = (struct machine_part){ &dog, sizeof dog };
}

/* The host wakes us in whole seconds, a little later than asked for. */
static void arm(void)
{
    dog.until = tess_now() + dog.offset;
    host_alarm(dog.status & WCS_EN ? dog.offset / HZ + 1 : 0);
}

void watchdog_reset(void)
{
    dog.status = dog.offset = 0;
}

static void feed(void)
{
    dog.status &= ~WCS_WS0;
    arm();
}

uint64_t watchdog_read(uint64_t offset)
{
    switch (offset) {
    case WCS:
        return dog.status;
    case WOR:
        return dog.offset;
    case WCV:
        return (uint32_t)dog.until;
    case WCV + 4:
        return dog.until >> 32;
    default:
        return offset % 0x1000 == W_IIDR ? IIDR : 0;
    }
}

void watchdog_write(uint64_t offset, uint64_t value)
{
    switch (offset) {
    case WCS:
        dog.status = (uint32_t)value & WCS_EN;
        return feed();
    case WOR:
        dog.offset = (uint32_t)value;
        return feed();
    default:
        if (offset >= 0x1000) { /* any write to WRR */
            feed();
        }
        return;
    }
}

void watchdog_look(void)
{
    if (!(dog.status & WCS_EN)) {
        return;
    }
    if (tess_now() < dog.until) {
        host_alarm((dog.until - tess_now()) / HZ + 1);
    } else if (dog.status & WCS_WS0) {
        machine.wish = MACHINE_RESET;
    } else {
        dog.status |= WCS_WS0;
        gic_fire(IRQ_WATCHDOG);
        arm();
    }
}
