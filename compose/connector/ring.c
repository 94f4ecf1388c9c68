/*
 * ring: calls without results, queued in shared memory (ring/ring.h).  The producer is the client: its pages come first in
 * the object, the consumer's page behind them; each side may write to its own only.
 */
#include <inttypes.h>

#include <tessera/cap.h>

#include "table.h"

#define RING_DEFAULT 16384u
#define RING_HEADER  16u

/* ---- sizes ---- */

/* Scalars one word each, then the aggregates. */
static uint64_t record_bytes(const struct method *m)
{
    uint64_t bytes = 0;

    for (EACH(struct param, p, &m->params)) {
        if (!is_scalar(p)) {
            bytes = p->offset + room_of(p);
        }
    }
    return 8 * scalar_words(m, false) + bytes;
}

static uint64_t records_bytes(const struct connection *c)
{
    uint64_t bytes = PAGE;

    while (bytes < (c->bytes ? c->bytes : RING_DEFAULT)) {
        bytes *= 2;
    }
    return bytes;
}

static uint64_t producer_bytes(const struct connection *c)
{
    return PAGE + records_bytes(c);
}

void ring_lower(struct model *model, struct connection *c)
{
    struct dist_object o = { .domain = DIST_NONE };
    uint64_t most = records_bytes(c) / 2 - RING_HEADER;

    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        if (record_bytes(m) > most) {
            error_at(&c->where,
                     "%s: a call of \"%s\" has up to %" PRIu64 " bytes, and half of the ring is "
                     "%" PRIu64,
                     c->name, m->name, record_bytes(m), most);
        }
    }
    o.bytes = c->memory_bytes = producer_bytes(c) + PAGE;
    c->memory = object_add(model, DIST_FRAME, text_format("%s ring", c->name), &o);
}

/* ---- numbers ---- */

void ring_place(struct model *model, struct connection *c)
{
    struct domain *from = c->from->domain, *to = c->to->domain;
    uint32_t read = TESS_RIGHT_READ, both = TESS_RIGHT_READ | TESS_RIGHT_WRITE;

    c->from_at = map(model, from, c->memory, 0, producer_bytes(c), both, c->watch);
    (void)map(model, from, c->memory, producer_bytes(c), PAGE, read, c->watch);
    c->to_at = map(model, to, c->memory, 0, producer_bytes(c), read, c->watch);
    (void)map(model, to, c->memory, producer_bytes(c), PAGE, both, c->watch);
    c->from_bit = bit_of(from, &c->where);
    c->to_bit = bit_of(to, &c->where);
    c->badge = 1ull << c->to_bit;
    c->from_slot = grant(model, from, to->notification, TESS_RIGHT_SEND, c->badge, c->watch);
    c->to_slot =
        grant(model, to, from->notification, TESS_RIGHT_SEND, 1ull << c->from_bit, c->watch);
}

/* The consumer's page is mapped behind the producer's, with one page between them (map()). */
static uint64_t consumer_page(const struct connection *c, uint64_t at)
{
    return at + producer_bytes(c) + PAGE;
}

/* ---- producer ---- */

static const char *bytes_of(const struct param *p)
{
    if (p->is_lend) {
        return p->extent.of
                   ? text_format("(uint64_t)%s * %" PRIu64, p->extent.of->name, p->extent.factor)
                   : text_format("%" PRIu64 "u", p->extent.factor);
    }
    return p->type.kind == TYPE_STRING || p->type.kind == TYPE_BYTES
               ? text_format("%s_bytes", p->name)
               : text_format("%" PRIu64 "u", room_of(p));
}

/* Size of the record: up to the end of the last aggregate. */
static void record_size(FILE *out, const struct method *m)
{
    const struct param *last = NULL;

    for (EACH(struct param, p, &m->params)) {
        last = is_scalar(p) ? last : p;
    }
    fprintf(out, "    const uint32_t record_ = %u", 8 * scalar_words(m, false));
    if (last) {
        fprintf(out, " + %u + (uint32_t)(%s)", last->offset, bytes_of(last));
    }
    fprintf(out, ";\n");
}

static void fill(FILE *out, const struct method *m)
{
    uint32_t words = scalar_words(m, false);

    for (EACH(struct param, p, &m->params)) {
        if (is_scalar(p)) {
            fprintf(out, "    ((uint64_t *)space_.payload)[%u] = %s;\n", p->word,
                    c_word(&p->type, p->name));
            continue;
        }
        if (p->word != NONE) {
            fprintf(out, "    ((uint64_t *)space_.payload)[%u] = %s_bytes;\n", p->word, p->name);
        }
        fprintf(out, "    memcpy((uint8_t *)space_.payload + %u, %s, %s);\n", 8 * words + p->offset,
                p->name, bytes_of(p));
    }
}

static void stub(FILE *out, const struct connection *c, const struct method *m)
{
    const char *ring = text_format("%s_%u_ring_", c->from_end->name, c->from_element);
    const char *at =
        text_format("comp_ring_at(&%s, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %" PRIu64 "u)", ring,
                    c->from_at, consumer_page(c, c->from_at), records_bytes(c));

    fprintf(out, "COMP_INLINE enum tess_err %s_%u_%s_(struct self *self", c->from_end->name,
            c->from_element, m->name);
    c_params(out, m);
    fprintf(out, ")\n{\n    struct ring_space space_;\n\n    (void)self;\n");
    c_check_arguments(out, m);
    record_size(out, m);
    fprintf(
        out,
        "    enum tess_err err_;\n\n    %s;\n"
        "    while (COMP_UNLIKELY((err_ = ring_reserve(&%s, %u, record_, &space_)) != TESS_OK)) {\n"
        "        err_ = comp_ring_room(&%s, err_, record_, 1ull << %u, %d, %" PRIu64 "ull);\n"
        "        if (err_) {\n            return err_;\n        }\n    }\n",
        at, ring, m->number, ring, c->from_bit, (int)c->from_watch, c->timeout_ns);
    fill(out, m);
    fprintf(out,
            "    %s;\n    ring_publish(&%s, &space_);\n"
            "    %s;\n    if (COMP_UNLIKELY(ring_need_wake(&%s))) {\n"
            "        (void)tess_signal(%u);\n    }\n    return TESS_OK;\n}\n",
            at, ring, at, ring, c->from_slot);
}

void ring_from(FILE *out, const struct model *model, const struct connection *c)
{
    const char *name = text_format("%s_%u", c->from_end->name, c->from_element);

    (void)model;
    fprintf(out, "static struct ring_producer %s_ring_;\n", name);
    fprintf(out,
            "COMP_COLD static void %s_attach_(void)\n{\n"
            "    comp_ring_produce(&%s_ring_, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %" PRIu64
            "u, %u, %d);\n}\n",
            name, name, c->from_at, consumer_page(c, c->from_at), records_bytes(c), c->from_slot,
            (int)c->from_watch);
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        stub(out, c, m);
    }
}

/* ---- consumer ---- */

/* Of methods without aggregates one comparison tells method and length. */
static void handle_scalars(FILE *out, const struct connection *c, const struct method *m,
                           uint32_t index)
{
    uint32_t words = scalar_words(m, false);

    if (record_bytes(m) != 8 * words) {
        return;
    }
    fprintf(out, "    if (COMP_LIKELY(r_->word == RING_WORD(%u, %u))) {\n", m->number, 8 * words);
    fprintf(out, "        m_ = (struct tess_msg){ 0, COMP_TAG(%u, %u), {", m->number, words);
    for (uint32_t i = 0; i < words; i++) {
        fprintf(out, "%s ring_word(r_, %u)", i ? "," : "", i);
    }
    fprintf(out,
            "%s } };\n        return %s_take_(%u, m_, ring_payload(r_), 0).n != COMP_NO_ANSWER;\n"
            "    }\n",
            words ? "" : " 0", c->to_end->name, index);
}

static void handle(FILE *out, const struct connection *c, const char *name, uint32_t index)
{
    fprintf(out,
            "COMP_INLINE bool %s_handle_(const struct ring_record *r_)\n{\n"
            "    struct tess_msg m_;\n\n",
            name);
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        handle_scalars(out, c, m, index);
    }
    fprintf(out,
            "    if (!comp_ring_message(r_, %s_words_, sizeof %s_words_, &m_)) {\n"
            "        return false;\n    }\n"
            "    uint32_t words_ = tess_tag_len(m_.tag);\n\n"
            "    return %s_take_(%u, m_, (const uint8_t *)ring_payload(r_) + 8 * words_,\n"
            "                    ring_bytes(r_) - 8 * words_).n != COMP_NO_ANSWER;\n}\n",
            c->to_end->name, c->to_end->name, c->to_end->name, index);
}

static void drain(FILE *out, const struct model *model, const struct connection *c)
{
    uint32_t index = index_at_server(model, c);
    const char *name = text_format("%s_%u", c->to_end->name, index);

    fprintf(out,
            "static struct ring_consumer %s_ring_;\n"
            "static void %s_attach_(void)\n{\n"
            "    comp_ring_consume(&%s_ring_, 0x%" PRIx64 "ull, 0x%" PRIx64 "ull, %" PRIu64
            "u, %d);\n}\n",
            name, name, name, consumer_page(c, c->to_at), c->to_at, records_bytes(c),
            (int)c->to_watch);
    handle(out, c, name, index);
    fprintf(out,
            "static void %s_drain_(void)\n{\n"
            "    static bool busy_;\n\n    comp_ring_drain(&%s_ring_, &busy_, %u, %d, "
            "%s_handle_);\n}\n",
            name, name, c->to_slot, (int)c->to_watch, name);
}

/* Scalar words of each method, to take them out of a record. */
static void words_table(FILE *out, const struct connection *c)
{
    fprintf(out, "static const uint8_t %s_words_[] = {", c->to_end->name);
    for (EACH(struct method, m, &c->to_end->interface->methods)) {
        fprintf(out, " %u,", scalar_words(m, false));
    }
    fprintf(out, " };\n");
}

void ring_to(FILE *out, const struct model *model, const struct connection *c)
{
    if (index_at_server(model, c) == 0) {
        fprintf(out, "\n/* %s: ring */\n", c->to_end->name);
        words_table(out, c);
        server(out, model, c);
    }
    drain(out, model, c);
}
