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
#include "state.h"

/* Control frame; the refresh frame has WRR and the identification only. */
enum { WCS = 0x000, WOR = 0x008, WCV = 0x010, W_IIDR = 0xfcc };
#define WCS_EN  1u
#define WCS_WS0 2u
#define IIDR    0x0000043bu
#define HZ      tess_ticks_of_ns(1000000000)

/* The host wakes us in whole seconds, a little later than asked for. */
static void arm(void)
{
    state->watchdog.until = tess_now() + state->watchdog.offset;
    host_alarm(state->watchdog.status & WCS_EN ? state->watchdog.offset / HZ + 1 : 0);
}

void watchdog_reset(void)
{
    state->watchdog.status = state->watchdog.offset = 0;
}

/* The alarm was the other's; the interrupt may not have come. */
void watchdog_go_on(void)
{
    if (state->watchdog.status & WCS_WS0) {
        gic_fire(IRQ_WATCHDOG);
    }
    watchdog_look();
}

static void feed(void)
{
    state->watchdog.status &= ~WCS_WS0;
    arm();
}

uint64_t watchdog_read(uint64_t offset)
{
    switch (offset) {
    case WCS:
        return state->watchdog.status;
    case WOR:
        return state->watchdog.offset;
    case WCV:
        return (uint32_t)state->watchdog.until;
    case WCV + 4:
        return state->watchdog.until >> 32;
    default:
        return offset % 0x1000 == W_IIDR ? IIDR : 0;
    }
}

void watchdog_write(uint64_t offset, uint64_t value)
{
    switch (offset) {
    case WCS:
        state->watchdog.status = (uint32_t)value & WCS_EN;
        return feed();
    case WOR:
        state->watchdog.offset = (uint32_t)value;
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
    if (!(state->watchdog.status & WCS_EN)) {
        return;
    }
    if (tess_now() < state->watchdog.until) {
        host_alarm((state->watchdog.until - tess_now()) / HZ + 1);
    } else if (state->watchdog.status & WCS_WS0) {
        machine.wish = MACHINE_RESET;
    } else {
        state->watchdog.status |= WCS_WS0;
        gic_fire(IRQ_WATCHDOG);
        arm();
    }
}
