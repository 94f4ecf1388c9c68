/* The protocol of an interface in C: which method is allowed in which state, and which state follows. */
#include "table.h"

/* The state that follows the method; NULL: it is not allowed there. */
static const struct state *target(const struct state *from, const struct method *m)
{
    for (EACH(struct transition, t, &from->transitions)) {
        for (EACH(struct method, other, &t->methods)) {
            if (other == m) {
                return t->to;
            }
        }
    }
    return NULL;
}

bool is_in_protocol(const struct interface *i, const struct method *m)
{
    for (EACH(struct state, s, &i->states)) {
        if (target(s, m)) {
            return true;
        }
    }
    return false;
}

static bool recovers(const struct interface *i, const struct method *m)
{
    for (EACH(struct method, r, &i->recover)) {
        if (r == m) {
            return true;
        }
    }
    return false;
}

void c_transition(FILE *out, const struct interface *i, const struct method *m, const char *state,
                  const char *refusal, bool may_restart)
{
    const struct state *first = AT(struct state, &i->states, 0);

    fprintf(out, "        uint8_t next_;\n\n        switch (%s) {\n", state);
    for (EACH(struct state, from, &i->states)) {
        if (!target(from, m)) {
            continue;
        }
        fprintf(out, "        case %u: /* %s */\n", from->number, from->name);
        if (may_restart && from == first && recovers(i, m)) {
            fprintf(out, "        case %u: /* restarted */\n", i->states.count);
        }
        fprintf(out, "            next_ = %u;\n            break;\n", target(from, m)->number);
    }
    fprintf(out, "        default:\n            return %s;\n        }\n", refusal);
}
