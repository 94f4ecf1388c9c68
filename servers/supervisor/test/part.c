/* A domain of the supervisor's test: a server by hand that misbehaves on request. */
#include "parts.h"

#include <comp/comp.h>
#include <tess/syscall.h>

static uint64_t generation, starts;

static void compute(uint64_t ns)
{
    for (uint64_t until = tess_deadline_ns(ns); tess_now() < until;) {
    }
}

static void sleep_for_ever(void)
{
    for (;;) { /* takes the pings, too */
        (void)tess_recv(COMP_SLOT_NOTE, 0);
    }
}

static void serve(const struct tess_msg *m, struct tess_words *answer)
{
    *answer = (struct tess_words){ { generation, starts } };
    switch (tess_tag_label(m->tag)) {
    case PART_CRASH:
        (void)*(volatile uint64_t *)PART_NOTHING;
        break;
    case PART_LOOP:
        compute(UINT64_MAX / 1000);
        break;
    case PART_SLEEP:
        sleep_for_ever();
        break;
    case PART_BUSY:
        compute(m->w[0]);
        break;
    case PART_CALL:
        (void)tess_call_0(PART_SLOT_OTHER, tess_tag(PART_CALL, 0, 0), 0);
        break;
    default:
        break;
    }
}

/* -DPART_MEMORY: it has kept memory and a device. */
#ifdef PART_MEMORY
static const int part_has_memory = 1;
#else
static const int part_has_memory = 0;
#endif

/* By hand what lib/comp/quiet.c does. */
static void stay_quiet(void)
{
    while (comp_pulse->quiet) {
        comp_pulse->state = COMP_QUIET;
        (void)tess_signal(COMP_SLOT_SUPERVISOR);
        struct tess_msg m = tess_recv(COMP_SLOT_NOTE, 0);

        if (m.badge & COMP_BIT_PING) {
            comp_beat();
        }
    }
    comp_pulse->state = COMP_RUNNING;
}

_Noreturn void comp_main(uint64_t number)
{
    struct tess_words answer;

    generation = number;
    if (part_has_memory) {
        starts = ++*(volatile uint64_t *)PART_KEEP;
        (void)*(volatile uint32_t *)PART_DEVICE;
    }
    stay_quiet();
    struct tess_msg m = tess_recv(COMP_SLOT_ENDPOINT, 0);

    for (;;) {
        if (m.tag & (TESS_TAG_SIGNAL | TESS_TAG_ERROR)) { /* error: its caller is gone */
            if (m.tag & TESS_TAG_SIGNAL && m.badge & COMP_BIT_PING) {
                comp_beat();
            }
            stay_quiet();
            m = tess_recv(COMP_SLOT_ENDPOINT, 0);
        } else {
            serve(&m, &answer);
            m = tess_reply_recv(COMP_SLOT_ENDPOINT, tess_tag(0, 2, 0), 0, 0, answer);
        }
    }
}
