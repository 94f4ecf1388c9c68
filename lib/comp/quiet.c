/*
 * How a component is replaced while it runs (docs/supervisor.md, "Swap").  The supervisor says in the pulse page what it
 * wants, and signals COMP_BIT_QUIET when that has changed; so it does not matter how often it signals.
 *
 *     serving --> wanted: serving, until all states are quiet --> quiet --> no longer wanted: serving
 *
 * While it is quiet it takes no calls, which wait at its endpoint, and handles no signals: it notes their bits for the one
 * that comes next, itself or its successor.  The supervisor stops it only while it waits, so none is lost.
 */
#include <comp/comp.h>

uint32_t comp_depth = 1;

static volatile struct comp_handover *handover(void)
{
    return &comp_pulse->handover;
}

/* Until it is no longer wanted, then handle what came meanwhile. */
static void stay_quiet(void)
{
    uint64_t before = comp_pulse->state, bits;

    comp_pulse->state = COMP_QUIET;
    comp_attention();
    while (comp_pulse->quiet) {
        struct tess_msg m = tess_recv(COMP_SLOT_NOTE, 0);

        if (tess_msg_err(m.tag)) {
            continue;
        }
        if (m.badge & COMP_BIT_PING) {
            comp_beat();
            if (comp_pulse->beats == 1) {
                comp_attention(); /* on trial: it works */
            }
        }
        handover()->held |= m.badge & ~(COMP_BIT_PING | COMP_BIT_QUIET);
    }
    comp_pulse->state = before;
    bits = handover()->held;
    handover()->held = 0;
    if (bits) {
        comp_signal(bits);
    }
}

void comp_become_quiet(const struct comp_swap *swap)
{
    if (comp_depth) {
        return;
    }
    comp_depth++;
    while (comp_pulse->quiet) {
        if (!swap->is_quiet()) {
            comp_reply(swap->serve(comp_take(0)));
            continue;
        }
        swap->hand_over();
        handover()->pending = comp_pending;
        handover()->held = 0;
        handover()->is_valid = 1;
        stay_quiet();
    }
    comp_depth--;
}

void comp_trial(void)
{
    if (handover()->is_valid) {
        comp_pending |= handover()->pending;
    }
    if (comp_pulse->quiet) {
        stay_quiet();
    }
}

bool comp_states_take(uint8_t *state, uint32_t first, uint32_t count)
{
    if (!handover()->is_valid) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        state[i] = handover()->state[first + i];
    }
    return true;
}

void comp_states_leave(const uint8_t *state, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        handover()->state[first + i] = state[i];
    }
}
