/* Names in connectors of the user's, and whether what they declare agrees with itself and with their ends. */
#include <string.h>
#include <sys/stat.h>

#include <tessera/cap.h>

#include "check.h"
#include "connector.h"
#include "resolve.h"

static const char *const side_names[SIDES] = { "from", "to" };

const char *template_path(const struct connector_end *end)
{
    return source_path(&(struct value){ .string = end->template, .where = end->template_where });
}

/* Can that side pass something to the other one by the object? */
static bool passes(const struct connector_object *object, enum side side)
{
    enum side other = side == SIDE_FROM ? SIDE_TO : SIDE_FROM;

    if (object->kind == OBJECT_SIGNAL) {
        return object->receiver == other;
    }
    return (object->maps[side] & TESS_RIGHT_WRITE && object->maps[other] & TESS_RIGHT_READ) ||
           (object->grants[side] & TESS_RIGHT_SEND && object->grants[other] & TESS_RIGHT_RECV);
}

static void check_flow(const struct connector *connector, enum side side)
{
    const char *name = side_names[side], *other = side_names[SIDE_TO - side];
    const struct connector_object *by = NULL;

    for (EACH(struct connector_object, object, &connector->objects)) {
        by = !by && passes(object, side) ? object : by;
    }
    if (by && !connector->end[side].flows) {
        error_at(&by->where, "by \"%s\" there is a flow from \"%s\" to \"%s\" that is not declared",
                 by->name, name, other);
    } else if (!by && connector->end[side].flows) {
        error_at(&connector->where, "no object lets anything flow from \"%s\" to \"%s\"", name,
                 other);
    }
}

void resolve_connector(struct connector *connector)
{
    uint32_t number = 0;

    unique_names(&(struct map){ 0 }, &connector->objects, "object");
    for (EACH(struct connector_object, object, &connector->objects)) {
        object->number = number++;
    }
    for (enum side side = SIDE_FROM; side < SIDES; side++) {
        struct connector_end *end = &connector->end[side];
        struct stat info;

        if (end->type_name) {
            end->interface = find_name(NAME_INTERFACE, end->type_name, &end->type_where);
        }
        if (end->template && stat(template_path(end), &info) != 0) {
            error_at(&end->template_where, "there is no file \"%s\"", end->template);
        }
        check_flow(connector, side);
    }
}

/* ---- a connection by it ---- */

static void check_end(const struct connection *c, enum side side)
{
    const struct connector_end *want = &c->link->connector->end[side];
    const struct end *end = side == SIDE_FROM ? c->from_end : c->to_end;

    if (end->kind != want->kind || (want->interface && end->interface != want->interface)) {
        error_at(&c->link->transport_where, "\"%s\" wants \"%s%s%s\" as its \"%s\" end; %s is %s",
                 c->link->connector_name, want->kind == END_NEEDS ? "needs" : "provides",
                 want->type_name ? " " : "", want->type_name ? want->type_name : "",
                 side_names[side], c->name, end_text(end));
    } else if (end->count) {
        error_at(&c->link->transport_where, "\"%s\" joins no arrays: \"%s\" is one",
                 c->link->connector_name, end->name);
    }
}

void check_user_ends(const struct connection *c)
{
    if (c->transport == TRANSPORT_USER) {
        check_end(c, SIDE_FROM);
        check_end(c, SIDE_TO);
    }
}
