/* Is a distribution what it claims to be?  Nothing here enters the kernel. */
#include <comp/dist_ok.h>
#include <comp/gate.h>
#include <comp/layout.h>
#include <tessera/cap.h>

#define STACK_MAX    0x1000000u
#define SLOTS_MAX    65536u
#define IRQ_MAX      8256u    /* messages are lines from 8192 on */
#define HEARTBEAT_NS 1000000u /* the shortest */
#define TIME_MAX_NS  (1ull << 50)
#define ADDRESS_MAX  (1ull << 48)

#define PAGES(bytes) ((bytes) % TESS_PAGE == 0 && (bytes) != 0)

static bool fault(struct dist_fault *why, const char *table, uint32_t index, const char *what)
{
    *why = (struct dist_fault){ table, index, what };
    return false;
}

/* ---- the block as a whole ---- */

static bool table_ok(const struct dist_header *h, const struct dist_table *t, uint64_t size,
                     uint32_t most)
{
    return t->offset % 8 == 0 && t->offset >= sizeof(*h) && t->offset <= h->bytes &&
           t->count <= most && t->count * size <= h->bytes - t->offset;
}

static const char *header_check(const struct dist_header *h, uint64_t bytes)
{
    if (bytes < sizeof(*h) || h->magic != DIST_MAGIC) {
        return "is none";
    }
    if (h->version != DIST_VERSION) {
        return "has another version";
    }
    if (h->bytes < sizeof(*h) || h->bytes % 8 || h->bytes > bytes) {
        return "is cut off";
    }
    if (dist_sum((const uint64_t *)h + 2, h->bytes / 8 - 2) != h->sum) {
        return "is damaged";
    }
    if (!table_ok(h, &h->domains, sizeof(struct dist_domain), DIST_DOMAINS_MAX) ||
        !table_ok(h, &h->objects, sizeof(struct dist_object), DIST_OBJECTS_MAX) ||
        !table_ok(h, &h->grants, sizeof(struct dist_grant), DIST_GRANTS_MAX) ||
        !table_ok(h, &h->maps, sizeof(struct dist_map), DIST_MAPS_MAX) ||
        !table_ok(h, &h->connections, sizeof(struct dist_connection), DIST_CONNECTIONS_MAX) ||
        !table_ok(h, &h->alternatives, sizeof(struct dist_alternative), DIST_ALTERNATIVES_MAX) ||
        !table_ok(h, &h->functions, sizeof(struct dist_function), GATE_FUNCTIONS) ||
        !table_ok(h, &h->windows, sizeof(struct dist_window), GATE_WINDOWS) ||
        !table_ok(h, &h->strings, 1, h->bytes)) {
        return "has a table outside";
    }
    const char *s = (const char *)h + h->strings.offset;
    if (h->strings.count == 0 || s[0] || s[h->strings.count - 1] || h->system[DIST_NAME - 1]) {
        return "has a name without end";
    }
    return h->domains.count ? 0 : "has no domains";
}

static void tables_find(const struct dist_header *h, struct dist *d)
{
    const char *base = (const char *)h;

    *d = (struct dist){
        .header = h,
        .domain = (const struct dist_domain *)(base + h->domains.offset),
        .object = (const struct dist_object *)(base + h->objects.offset),
        .grant = (const struct dist_grant *)(base + h->grants.offset),
        .map = (const struct dist_map *)(base + h->maps.offset),
        .connection = (const struct dist_connection *)(base + h->connections.offset),
        .alternative = (const struct dist_alternative *)(base + h->alternatives.offset),
        .function = (const struct dist_function *)(base + h->functions.offset),
        .window = (const struct dist_window *)(base + h->windows.offset),
        .strings = base + h->strings.offset,
        .domains = h->domains.count,
        .objects = h->objects.count,
        .grants = h->grants.count,
        .maps = h->maps.count,
        .connections = h->connections.count,
        .alternatives = h->alternatives.count,
        .functions = h->functions.count,
        .windows = h->windows.count,
    };
}

/* ---- domains ---- */

static bool name_ok(const char name[DIST_NAME])
{
    return name[0] && !name[DIST_NAME - 1];
}

/* An object of that kind which belongs to the domain. */
static bool owns(const struct dist *d, uint32_t domain, uint32_t object, enum dist_kind kind)
{
    return object < d->objects && d->object[object].kind == kind &&
           d->object[object].domain == domain;
}

static const char *domain_times(const struct dist_domain *m)
{
    if (m->budget_ns == 0 || m->budget_ns > m->period_ns || m->period_ns > TIME_MAX_NS) {
        return "its budget is 0 or above its period";
    }
    if ((m->heartbeat_ns && m->heartbeat_ns < HEARTBEAT_NS) || m->heartbeat_ns > TIME_MAX_NS) {
        return "its heartbeat is too fast";
    }
    if (m->backoff_min_ns > m->backoff_max_ns || m->backoff_max_ns > TIME_MAX_NS ||
        m->window_ns > TIME_MAX_NS) {
        return "its restart times make no sense";
    }
    if (m->restart > DIST_RESTART || (m->restart == DIST_RESTART && m->restart_max == 0)) {
        return "its restart policy makes no sense";
    }
    return 0;
}

static const char *domain_check(const struct dist *d, uint32_t i)
{
    const struct dist_domain *m = &d->domain[i];

    if (!name_ok(m->name) || !name_ok(m->image)) {
        return "it has no name";
    }
    if (!PAGES(m->mem) || !PAGES(m->stack) || m->mem > ADDRESS_MAX || m->stack > STACK_MAX ||
        m->spare % TESS_PAGE || m->spare > m->mem) {
        return "its memory makes no sense";
    }
    if (m->slots < COMP_SLOT_FIRST || m->slots > SLOTS_MAX) {
        return "its number of slots makes no sense";
    }
    if (m->prio == 0 || m->prio > COMP_PRIO_MAX) {
        return "its priority is not 1 .. 250";
    }
    if (!owns(d, i, m->endpoint, DIST_ENDPOINT) ||
        !owns(d, i, m->notification, DIST_NOTIFICATION) || !owns(d, i, m->pulse, DIST_FRAME) ||
        d->object[m->pulse].bytes != TESS_PAGE) {
        return "its endpoint, notification or pulse page is none";
    }
    if (m->grant_first > d->grants || m->grant_count > d->grants - m->grant_first ||
        m->map_first > d->maps || m->map_count > d->maps - m->map_first) {
        return "its grants or maps do not exist";
    }
    if (m->alternative_first > d->alternatives ||
        m->alternative_count > d->alternatives - m->alternative_first) {
        return "its alternatives do not exist";
    }
    return domain_times(m);
}

/* ---- the rest ---- */

static const char *object_check(const struct dist *d, uint32_t i)
{
    const struct dist_object *o = &d->object[i];
    bool memory = o->kind == DIST_FRAME || o->kind == DIST_DEVICE;

    if (o->kind >= DIST_KINDS || o->name >= d->header->strings.count) {
        return "its kind or name is none";
    }
    if (o->domain != DIST_NONE && o->domain >= d->domains) {
        return "its domain does not exist";
    }
    if (memory && (!PAGES(o->bytes) || o->bytes > ADDRESS_MAX)) {
        return "its size is not whole pages";
    }
    if (o->kind == DIST_DEVICE && (o->where % TESS_PAGE || o->where > ADDRESS_MAX)) {
        return "its address makes no sense";
    }
    if (o->kind == DIST_IRQ &&
        (o->domain == DIST_NONE || o->where >= IRQ_MAX || o->edge > 1 || o->badge == 0)) {
        return "its line, domain or badge makes no sense";
    }
    return 0;
}

static const char *grant_check(const struct dist *d, uint32_t i)
{
    const struct dist_grant *g = &d->grant[i];

    if (g->domain >= d->domains) {
        return "its domain does not exist";
    }
    const struct dist_domain *m = &d->domain[g->domain];
    if (i - m->grant_first >= m->grant_count) {
        return "it is not among those of its domain";
    }
    if (g->object >= d->objects) {
        return "its object does not exist";
    }
    if (g->slot < COMP_SLOT_FIRST || g->slot >= m->slots ||
        (i > m->grant_first && d->grant[i - 1].slot >= g->slot)) {
        return "its slot is reserved, outside or out of order";
    }
    uint32_t kind = d->object[g->object].kind;
    if (g->rights > TESS_RIGHT_ALL || (g->badge && kind != DIST_ENDPOINT &&
                                       kind != DIST_NOTIFICATION && kind != DIST_SUPERVISOR)) {
        return "its rights or badge make no sense";
    }
    return 0;
}

static const char *map_check(const struct dist *d, uint32_t i)
{
    const struct dist_map *m = &d->map[i];

    if (m->domain >= d->domains ||
        i - d->domain[m->domain].map_first >= d->domain[m->domain].map_count) {
        return "it is not among those of its domain";
    }
    if (m->object >= d->objects ||
        (d->object[m->object].kind != DIST_FRAME && d->object[m->object].kind != DIST_DEVICE)) {
        return "its object is no memory";
    }
    uint64_t size = d->object[m->object].bytes;
    if (!PAGES(m->bytes) || m->offset % TESS_PAGE || m->offset >= size ||
        m->bytes > size - m->offset) {
        return "it is not inside its object";
    }
    uint64_t first = COMP_REGIONS_AT;
    if (i > d->domain[m->domain].map_first) {
        first = d->map[i - 1].address + d->map[i - 1].bytes;
    }
    if (m->address % TESS_PAGE || m->address < first || m->address >= COMP_REGIONS_END ||
        m->bytes > COMP_REGIONS_END - m->address) {
        return "its address is outside, taken or out of order";
    }
    if ((m->rights != TESS_RIGHT_READ && m->rights != (TESS_RIGHT_READ | TESS_RIGHT_WRITE)) ||
        m->attributes > TESS_ATTR_NOCACHE) {
        return "its rights or attributes make no sense";
    }
    return 0;
}

static const char *connection_check(const struct dist *d, uint32_t i)
{
    const struct dist_connection *c = &d->connection[i];

    if (c->name >= d->header->strings.count || c->kind >= d->header->strings.count) {
        return "its name is none";
    }
    if ((c->client != DIST_NONE && c->client >= d->domains) ||
        (c->server != DIST_NONE && c->server >= d->domains)) {
        return "its domain does not exist";
    }
    if ((c->client_watch != DIST_NONE &&
         (c->client_watch >= COMP_WATCHES || c->client == DIST_NONE)) ||
        (c->server_watch != DIST_NONE &&
         (c->server_watch >= COMP_WATCHES || c->server == DIST_NONE)) ||
        c->within_ns > TIME_MAX_NS) {
        return "what is to be watched does not exist";
    }
    return 0;
}

static const char *alternative_check(const struct dist *d, uint32_t i)
{
    const struct dist_alternative *a = &d->alternative[i];

    if (!name_ok(a->name) || !name_ok(a->image)) {
        return "it has no name";
    }
    if (a->domain >= d->domains ||
        i - d->domain[a->domain].alternative_first >= d->domain[a->domain].alternative_count) {
        return "it is not among those of its domain";
    }
    return 0;
}

/* ---- gates ---- */

_Static_assert(sizeof(((struct dist_header *)0)->gate) == GATES * sizeof(struct dist_gate),
               "one a gate");

static bool is_gate_page(const struct dist *d, uint32_t domain, uint32_t object)
{
    return owns(d, domain, object, DIST_FRAME) && d->object[object].bytes == TESS_PAGE &&
           object != d->domain[domain].pulse;
}

static const char *gate_check(const struct dist *d, uint32_t i)
{
    const struct dist_gate *g = &d->header->gate[i], *first = &d->header->gate[0];

    if (g->domain == DIST_NONE) {
        return 0;
    }
    if (g->domain >= d->domains || !is_gate_page(d, g->domain, g->orders) ||
        !is_gate_page(d, g->domain, g->answers) || g->orders == g->answers) {
        return "its domain or pages are none";
    }
    if (i && first->domain != DIST_NONE &&
        (g->orders == first->orders || g->orders == first->answers || g->answers == first->orders ||
         g->answers == first->answers)) {
        return "its pages are those of the other one";
    }
    return 0;
}

static const char *function_check(const struct dist *d, uint32_t i)
{
    const struct dist_function *f = &d->function[i];

    if (f->domain >= d->domains || f->domain == d->header->gate[GATE_IOMMU].domain ||
        f->domain == d->header->gate[GATE_BUS].domain) {
        return "its domain does not exist, or is a gate";
    }
    for (uint32_t gate = 0; gate < GATES; gate++) {
        uint32_t keeper = d->header->gate[gate].domain;

        if (keeper != DIST_NONE &&
            d->domain[keeper].restart_set == d->domain[f->domain].restart_set) {
            return "its domain restarts with a gate, for which it would wait";
        }
    }
    if (f->window_first > d->windows || f->window_count > d->windows - f->window_first) {
        return "its windows do not exist";
    }
    for (uint32_t other = 0; other < i; other++) {
        if (d->function[other].id == f->id) {
            return "its id is that of another one";
        }
    }
    return 0;
}

static const char *window_check(const struct dist *d, uint32_t i)
{
    const struct dist_window *w = &d->window[i];

    if (w->object >= d->objects || d->object[w->object].kind != DIST_FRAME) {
        return "its object is no memory";
    }
    if (w->rights == 0 || w->rights & ~(uint32_t)(TESS_RIGHT_READ | TESS_RIGHT_WRITE)) {
        return "its rights make no sense";
    }
    if (w->at % TESS_PAGE || w->at > GATE_SEEN_MAX) {
        return "no device sees it there";
    }
    return 0;
}

bool dist_ok(const void *block, uint64_t bytes, struct dist *out, struct dist_fault *why)
{
    const char *what = header_check(block, bytes);

    if (what) {
        return fault(why, "distribution", DIST_NONE, what);
    }
    tables_find(block, out);
    const struct {
        const char *name;
        uint32_t count;
        const char *(*check)(const struct dist *d, uint32_t i);
    } table[] = {
        { "object", out->objects, object_check },
        { "domain", out->domains, domain_check },
        { "grant", out->grants, grant_check },
        { "map", out->maps, map_check },
        { "connection", out->connections, connection_check },
        { "alternative", out->alternatives, alternative_check },
        { "gate", GATES, gate_check },
        { "function", out->functions, function_check },
        { "window", out->windows, window_check },
    };
    for (unsigned t = 0; t < sizeof table / sizeof table[0]; t++) {
        for (uint32_t i = 0; i < table[t].count; i++) {
            what = table[t].check(out, i);
            if (what) {
                return fault(why, table[t].name, i, what);
            }
        }
    }
    return true;
}
