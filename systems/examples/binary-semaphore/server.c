/* An answer is ready at the first `ready` after the question. */
#include "Server.h"

struct self {
    enum { IDLE, ASKED, ANSWERED } state;
    int32_t value;
};

static void ready_handle(struct self *self)
{
    if (self->state == ASKED) {
        self->state = ANSWERED;
        answered_emit(self);
    }
}

static enum tess_err echo_ask(struct self *self, int32_t i)
{
    self->value = i;
    self->state = ASKED;
    return TESS_OK;
}

static enum tess_err echo_answer(struct self *self, int32_t *echo)
{
    if (self->state != ANSWERED) {
        return TESS_AGAIN;
    }
    *echo = self->value;
    self->state = IDLE;
    return TESS_OK;
}
