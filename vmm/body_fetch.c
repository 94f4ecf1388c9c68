/* The monitor gets its guest's objects; see body.h. */
#include <string.h>
#include <tess/invoke.h>
#include <tess/ipc.h>
#include <tess/time.h>

#include "body.h"

#define ANSWER_NS 1000000000u

static enum tess_err fetch(struct tess_env *env, tess_cap ask, unsigned which, struct body *b)
{
    const struct body_shape *s = &b->shape;
    struct tess_words words = { { which, s->ram_bytes, s->cpus, s->priority, s->slice_ns } };
    struct tess_msg m;
    uint64_t slot;
    enum tess_err err = tess_slot_alloc(env->slots, &slot);

    if (err) {
        return err;
    }
    tess_ipc_receive_at(slot);
    m = tess_call(ask, tess_tag(0, 5, 0), tess_deadline_ns(ANSWER_NS), words);
    tess_ipc_receive_at(0);
    err = tess_msg_err(m.tag);
    err = err ? err : (enum tess_err)tess_tag_label(m.tag);
    if (!err && (tess_tag_caps(m.tag) != 1 || (b->when && b->when != m.w[0]))) {
        err = TESS_GONE; /* another body than a moment ago */
    }
    if (err) {
        (void)tess_cnode_delete(env->cnode, slot);
        (void)tess_slot_free(env->slots, slot);
        return err;
    }
    b->object[which] = slot;
    b->when = m.w[0];
    b->gic = m.w[1];
    return TESS_OK;
}

enum tess_err body_fetch(struct tess_env *env, tess_cap ask, const struct body_shape *shape,
                         struct body *out)
{
    enum tess_err err = TESS_OK;

    memset(out, 0, sizeof *out);
    out->shape = *shape;
    for (unsigned i = 0; i < BODY_THREAD + 2 * shape->cpus && !err; i++) {
        if (i != BODY_RAM || shape->ram_bytes) {
            err = fetch(env, ask, i, out);
        }
    }
    return err;
}
