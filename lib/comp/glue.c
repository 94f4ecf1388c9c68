/* What the generated glue calls and need not be inline. */
#include <comp/comp.h>
#include <tess/start.h>

bool comp_poll(uint64_t bits)
{
    struct tess_msg m = tess_try_recv(COMP_SLOT_NOTE);
    bool came;

    if (!tess_msg_err(m.tag)) {
        comp_signal(m.badge);
    }
    came = comp_pending & bits;
    comp_pending &= ~bits;
    return came;
}

enum tess_err comp_wait_signal(uint64_t bits, uint64_t deadline)
{
    while (!(comp_pending & bits)) {
        struct tess_msg m = tess_recv(COMP_SLOT_NOTE, deadline);
        enum tess_err err = tess_msg_err(m.tag);

        if (err) {
            return err;
        }
        comp_signal(m.badge);
    }
    comp_pending &= ~bits;
    return TESS_OK;
}

void comp_running(void)
{
    comp_pulse->state = COMP_RUNNING;
    comp_attention();
}

void comp_finish(int result)
{
    tess_print_flush();
    comp_pulse->result = (uint64_t)result;
    comp_pulse->state = COMP_FINISHED;
    comp_attention();
}

/* The generation makes the numbers of all incarnations different. */
uint64_t comp_number(void)
{
    static uint64_t calls;

    return comp_pulse->generation << 48 | ++calls;
}

/* quiet.c has another one for what can be swapped. */
__attribute__((weak)) void comp_settle(void)
{
}

/* The number is written last: an answer that was cut short by a crash is none. */
struct comp_answer comp_store(struct comp_stored *stored, uint64_t number, struct comp_answer a,
                              uint32_t area)
{
    volatile uint64_t *valid = &stored->number;

    *valid = 0;
    __asm__ volatile("" ::: "memory");
    stored->tag = a.tag;
    memcpy(stored->word, a.w, sizeof a.w);
    memcpy(stored->word + TESS_MSG_REGS, comp_area(), 8ull * area);
    __asm__ volatile("" ::: "memory");
    *valid = number;
    return a;
}

struct comp_answer comp_stored_answer(const struct comp_stored *stored)
{
    struct comp_answer a = { stored->tag, TESS_MSG_REGS, { 0 } };
    uint32_t words = tess_tag_len(stored->tag);

    memcpy(a.w, stored->word, sizeof a.w);
    if (words > TESS_MSG_REGS) {
        memcpy(comp_area(), stored->word + TESS_MSG_REGS, 8ull * (words - TESS_MSG_REGS));
    }
    return a;
}
