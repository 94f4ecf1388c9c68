/* kernel_check: the walk over the derivation forest, the objects found there, the sums; see audit.h. */
#include "audit.h"
#include "debug.h"
#include "../arch.h"
#include "../cap/derivation.h"

#define BUCKETS     (2 * AUDIT_MAX)
#define CAPS_MAX    (1u << 28) /* capabilities of 64 bytes in 16 GiB: a longer walk goes in circles */
#define CALL_CREDIT 24         /* looked at per system call in the long run */

const bool debug_kernel = true;

struct audit audit;
static uint16_t bucket[BUCKETS]; /* 1 + index into audit.object; 0 empty */

/* ---- what is said of a violation ---- */

static char *put_text(char *at, const char *end, const char *s)
{
    while (*s && at < end) {
        LOOP_BOUND(128);
        *at++ = *s++;
    }
    return at;
}

static char *put_hex(char *at, const char *end, word_t v)
{
    unsigned digits = v ? (67 - (unsigned)__builtin_clzll(v)) / 4 : 1;

    for (unsigned i = digits; i > 0 && at < end; i--) {
        LOOP_BOUND(16);
        *at++ = "0123456789abcdef"[v >> (i - 1) * 4 & 15];
    }
    return at;
}

_Noreturn void violated(const char *invariant, const void *object, word_t a, word_t b)
{
    static char line[192];
    const char *end = line + sizeof line - 1;
    char *at = put_text(line, end, "invariant broken: ");

    at = put_text(at, end, invariant);
    at = put_text(at, end, "; object ");
    at = put_hex(at, end, (word_t)object);
    at = put_text(at, end, ", ");
    at = put_hex(at, end, a);
    at = put_text(at, end, ", ");
    at = put_hex(at, end, b);
    *at = 0;
    panic(line);
}

/* ---- the objects found ---- */

static unsigned bucket_of(word_t object)
{
    unsigned b = (unsigned)((object >> 6) * 0x9e3779b97f4a7c15ull >> 49) % BUCKETS;

    while (bucket[b] != 0 && audit.object[bucket[b] - 1].object != object) {
        LOOP_BOUND(BUCKETS);
        b = (b + 1) % BUCKETS;
    }
    return b;
}

struct seen *seen_find(const void *object)
{
    unsigned b = bucket_of((word_t)object);

    return bucket[b] ? &audit.object[bucket[b] - 1] : NULL;
}

bool alive(const void *object, enum tess_type type)
{
    const struct seen *s = object ? seen_find(object) : NULL;

    return s ? s->type == type : object != NULL && audit.partial;
}

/* Count one capability to object; true when it is the first one. */
static bool seen_add(word_t object, enum tess_type type, const uint32_t *refs)
{
    unsigned b = bucket_of(object);

    if (bucket[b] != 0) {
        struct seen *s = &audit.object[bucket[b] - 1];
        HOLDS(s->type == type, "an object has one type", object, s->type, type);
        s->caps++;
        return false;
    }
    if (audit.object_count == AUDIT_MAX - 1) {
        audit.partial = true;
        return true;
    }
    audit.object[audit.object_count] = (struct seen){ object, refs, 1, (uint16_t)b, (uint8_t)type };
    bucket[b] = (uint16_t)++audit.object_count;
    return true;
}

static void seen_clear(void)
{
    for (uint32_t i = 0; i < audit.object_count; i++) {
        LOOP_BOUND(AUDIT_MAX);
        bucket[audit.object[i].bucket] = 0;
    }
    audit.object_count = 0;
}

/* ---- capabilities ---- */

/* A child made by copying has no more rights than its parent, and the parent's badge if there is one. */
static void audit_copy(const struct cap *parent, const struct cap *c)
{
    if (parent->type != c->type || parent->object != c->object) {
        return;
    }
    HOLDS((c->rights & ~parent->rights) == 0, "a copy has no more rights than its source", c,
          c->rights, parent->rights);
    if (c->type == TESS_TYPE_endpoint || c->type == TESS_TYPE_notification) {
        HOLDS(parent->badge == 0 || parent->badge == c->badge, "a badge stays", c, c->badge,
              parent->badge);
    }
}

static void audit_cap(const struct cap *c)
{
    const struct cap *parent = cap_at(c->parent);
    static const uint32_t one = 1; /* a zombie is the last of its object */
    bool first = true;

    HOLDS(c->type > TESS_TYPE_null && c->type < TESS_TYPE_COUNT, "the tree holds full slots", c,
          c->type, 0);
    HOLDS(derivation_ok(c), "the derivation tree is a tree", c, c->parent, c->child);
    HOLDS(cap_ok(c), "cap_ok", c, c->type, c->object);
    audit.caps++;
    switch (c->type) {
    case TESS_TYPE_untyped:
        HOLDS(untyped_ok(c), "untyped_ok", c, c->used, c->size);
        break;
    case TESS_TYPE_frame:
        audit_frame(c);
        break;
    case TESS_TYPE_tables:
        audit.mapped_caps += c->vspace != 0;
        break;
    case TESS_TYPE_irq:
        HOLDS(c->object < irq_count, "an irq capability names a line", c, c->object, irq_count);
        seen_add((word_t)&irq_lines[c->object], TESS_TYPE_irq, cap_refs(c));
        break;
    case TESS_TYPE_zombie:
        audit.zombies++;
        first = seen_add(c->object, c->rights, &one);
        break;
    case TESS_TYPE_cnode:
    case TESS_TYPE_vspace:
    case TESS_TYPE_thread:
    case TESS_TYPE_endpoint:
    case TESS_TYPE_reply:
    case TESS_TYPE_notification:
    case TESS_TYPE_budget:
    case TESS_TYPE_vcpu:
        first = seen_add(c->object, c->type, cap_refs(c));
        break;
    default:
        break;
    }
    if (first) {
        extent_add(c);
    }
    if (parent) {
        audit_copy(parent, c);
        if (parent->type == TESS_TYPE_untyped) {
            audit_untyped_child(parent, c);
        }
    }
}

/* Parents before children; derivation_ok of every node on the way makes the walk end. */
static void audit_forest(void)
{
    const struct cap *c = cap_at(derivation_roots);

    while (c != NULL) {
        LOOP_BOUND(CAPS_MAX);
        audit_cap(c);
        HOLDS(audit.caps < CAPS_MAX, "the derivation forest is finite", c, audit.caps, 0);
        if (c->child) {
            c = cap_at(c->child);
            continue;
        }
        while (c != NULL && c->next == 0) {
            LOOP_BOUND(CAPS_MAX);
            c = cap_at(c->parent);
        }
        c = c ? cap_at(c->next) : NULL;
    }
}

/* ---- objects ---- */

static bool all_empty(const struct cap *c)
{
    return (c[0].type | c[1].type | c[2].type | c[3].type | c[4].type | c[5].type | c[6].type |
            c[7].type) == TESS_TYPE_null;
}

/* Full slots of a holder are nodes of the forest: counted here and there.  Most are empty: eight at a time. */
static void audit_slots(const struct cap *slot, word_t count, unsigned holder, unsigned step)
{
    for (word_t i = 0; i < count; i++) {
        LOOP_BOUND(TESS_CNODE_MAX);
        if (i + 8 <= count && all_empty(&slot[i])) {
            i += 7;
            continue;
        }
        const struct cap *c = &slot[i];
        if (c->type != TESS_TYPE_null) {
            audit.slots_full++;
            HOLDS(c->holder == holder + i * step, "a slot knows its holder", c, c->holder, i);
        }
    }
    audit.cost += count / 32;
}

static void audit_object(const struct seen *s, bool its_turn)
{
    const void *o = (const void *)s->object;

    HOLDS(audit.partial || *s->refs == s->caps, "refs are the capabilities to the object", o,
          *s->refs, s->caps);
    switch (s->type) {
    case TESS_TYPE_cnode:
        audit_slots(((const struct cnode *)o)->slot, ((const struct cnode *)o)->box.count,
                    HOLDER_CNODE, 0);
        break;
    case TESS_TYPE_vspace:
        audit_vspace(o, its_turn);
        break;
    case TESS_TYPE_thread:
        audit_slots(((const struct thread *)o)->slot, THREAD_SLOTS, HOLDER_THREAD, 1);
        audit_thread(o);
        break;
    case TESS_TYPE_endpoint:
        audit_endpoint(o);
        break;
    case TESS_TYPE_notification:
        audit_notification(o);
        break;
    case TESS_TYPE_reply:
        audit_reply(o);
        break;
    case TESS_TYPE_budget:
        audit_budget(o);
        break;
    case TESS_TYPE_vcpu:
        audit_vcpu(o);
        break;
    default:
        break;
    }
}

/* Page tables are walked of one address space each time, unless everything is asked for. */
static void audit_objects(void)
{
    uint32_t spaces = 0;

    for (uint32_t i = 0; i < audit.object_count; i++) {
        LOOP_BOUND(AUDIT_MAX);
        spaces += audit.object[i].type == TESS_TYPE_vspace;
    }
    uint32_t turn = spaces ? audit.round % spaces : 0, space = 0;

    for (uint32_t i = 0; i < audit.object_count; i++) {
        LOOP_BOUND(AUDIT_MAX);
        const struct seen *s = &audit.object[i];
        bool its_turn = s->type == TESS_TYPE_vspace && (space++ == turn || audit.thorough);
        audit_object(s, its_turn);
    }
}

static void audit_sums(void)
{
    if (audit.partial) {
        return;
    }
    HOLDS(audit.slots_full + audit.zombies == audit.caps,
          "every full slot is in the derivation forest", NULL, audit.slots_full, audit.caps);
    HOLDS(audit.mapped_caps == audit.mapped_listed,
          "mapped capabilities are in their address space's list", NULL, audit.mapped_caps,
          audit.mapped_listed);
    HOLDS(audit.ready == audit.ready_queued, "ready threads are in the ready queues", NULL,
          audit.ready, audit.ready_queued);
    HOLDS(audit.sending == audit.queued_send, "sending threads are in send queues", NULL,
          audit.sending, audit.queued_send);
    HOLDS(audit.receiving == audit.queued_recv, "receiving threads are in receive queues", NULL,
          audit.receiving, audit.queued_recv);
    HOLDS(audit.waiting == audit.queued_wait, "waiting threads are in notifications' queues", NULL,
          audit.waiting, audit.queued_wait);
    HOLDS(audit.timers == audit.timers_heaped, "running timers are in the heap", NULL, audit.timers,
          audit.timers_heaped);
}

static void audit_all(bool thorough)
{
    static uint32_t round;

    seen_clear();
    audit.extent_count = 0;
    audit.partial = false;
    audit.thorough = thorough;
    audit.round = round++;
    audit.cost = 0;
    audit.caps = audit.slots_full = audit.mapped_caps = audit.mapped_listed = 0;
    audit.ready = audit.ready_queued = audit.timers = audit.timers_heaped = 0;
    audit.sending = audit.receiving = audit.waiting = 0;
    audit.queued_send = audit.queued_recv = audit.queued_wait = audit.zombies = 0;
    audit_forest();
    audit_extents();
    audit_objects();
    audit_irqs();
    audit_cpu(cpu_boot);
    audit_sums();
    audit.cost += audit.caps;
}

bool kernel_check(void)
{
    audit_all(true);
    return true;
}

void debug_exit_hook(void)
{
    static word_t credit;

    credit += CALL_CREDIT;
    if (credit >= audit.cost) {
        credit = 0;
        audit_all(false);
    }
}
