/* The model as text: one line a thing, the same for the same input, nothing that differs between machines. */
#include <inttypes.h>

#include "check.h"
#include "connector.h"
#include "passes.h"

/* Printed only if it is not `none`. */
static void number(FILE *out, const char *label, uint64_t value, uint64_t none, const char *unit)
{
    if (value != none) {
        fprintf(out, "%s%" PRIu64 "%s", label, value, unit);
    }
}

/* Printed only if it is there. */
static void text(FILE *out, const char *label, const char *value)
{
    if (value) {
        fprintf(out, "%s%s", label, value);
    }
}

static const char *type_text(const struct type *type)
{
    static const char *const words[] = {
        [TYPE_UNSIGNED] = "u",    [TYPE_SIGNED] = "i",      [TYPE_FLOAT] = "f",
        [TYPE_BOOL] = "bool",     [TYPE_ENUM] = "enum",     [TYPE_FLAGS] = "flags",
        [TYPE_STRUCT] = "struct", [TYPE_STRING] = "string", [TYPE_BYTES] = "bytes",
        [TYPE_CAP] = "cap",
    };

    const char *word = words[type->kind];
    const char *count = type->count ? text_format("[%u]", type->count) : "";

    if (type->kind == TYPE_UNSIGNED || type->kind == TYPE_SIGNED || type->kind == TYPE_FLOAT) {
        return text_format("%s%u%s", word, type->bits, count);
    }
    if (type->kind == TYPE_STRING || type->kind == TYPE_BYTES) {
        return text_format("%s<%u>%s", word, type->bound, count);
    }
    return text_format("%s%s%s%s", word, type->name ? " " : "", type->name ? type->name : "",
                       count);
}

static void dump_enumeration(const struct enumeration *e, FILE *out)
{
    fprintf(out, "%s %s %c%u", e->is_flags ? "flags" : "enum", e->name, e->is_signed ? 'i' : 'u',
            e->bits);
    for (EACH(struct constant, c, &e->constants)) {
        fprintf(out, " %s=%" PRId64, c->name, c->value);
    }
    fputc('\n', out);
}

static void dump_structure(const struct structure *s, FILE *out)
{
    fprintf(out, "struct %s bytes=%u align=%u\n", s->name, s->bytes, s->align);
    for (EACH(struct field, field, &s->fields)) {
        fprintf(out, "    %s %s offset=%u\n", field->name, type_text(&field->type), field->offset);
    }
}

static void dump_param(const struct param *param, FILE *out)
{
    fprintf(out, "        %s %s %s", param->is_out ? "out" : "in", param->is_lend ? "lend" : "copy",
            param->name);
    if (param->is_lend) {
        fprintf(out, " extent=%s*%" PRIu64 " max=%" PRIu64,
                param->extent.param ? param->extent.param : "1", param->extent.factor,
                param->extent.max);
    } else {
        text(out, " ", type_text(&param->type));
    }
    number(out, " word=", param->word, NONE, "");
    number(out, " offset=", param->offset, NONE, "");
    fputc('\n', out);
}

static void dump_method(const struct method *method, FILE *out)
{
    fprintf(out, "    %u %s%s %s in=%u out=%u", method->number,
            method->kind == METHOD_IDEMPOTENT ? "idempotent" : "once",
            method->is_dedupe ? " dedupe" : "", method->name, method->words_in, method->words_out);
    number(out, " buffer=", method->buffer_bytes, 0, "");
    number(out, " within=", method->within_ns, 0, "ns");
    fprintf(out, "%s%s", method->cover ? " covers=" : "", method->cover ? method->cover->name : "");
    fputc('\n', out);
    for (EACH(struct param, param, &method->params)) {
        dump_param(param, out);
    }
}

static void dump_state(const struct state *state, FILE *out)
{
    fprintf(out, "    state %u %s%s\n", state->number, state->name,
            state->is_quiet ? " quiet" : "");
    for (EACH(struct transition, transition, &state->transitions)) {
        for (EACH(struct named, name, &transition->names)) {
            fprintf(out, "        %s -> %s", name->name,
                    transition->target ? transition->target : state->name);
            number(out, " within=", transition->within_ns, 0, "ns");
            fputc('\n', out);
        }
    }
}

static void dump_interface(const struct interface *i, FILE *out)
{
    fprintf(out, "interface %s %u.%u buffer=%u", i->name, i->major, i->minor, i->buffer_bytes);
    text(out, " error=", i->error_name);
    number(out, " patience=", i->patience_ns, 0, "ns");
    fputc('\n', out);
    for (EACH(struct method, method, &i->methods)) {
        dump_method(method, out);
    }
    for (EACH(struct constant, event, &i->events)) {
        fprintf(out, "    event %s\n", event->name);
    }
    for (EACH(struct state, state, &i->states)) {
        dump_state(state, out);
    }
    for (EACH(struct named, name, &i->recover_names)) {
        fprintf(out, "    recover %s\n", name->name);
    }
}

static void dump_end(const struct end *end, FILE *out)
{
    fprintf(out, "    %s %s", end_text(end), end->name);
    number(out, "[", end->count, 0, "]");
    number(out, " bytes=", end->bytes, 0, "");
    if (end->kind == END_HARDWARE) {
        fprintf(out, " at=0x%" PRIx64 "%s", end->at,
                end->is_edge       ? " edge"
                : end->is_function ? " function"
                                   : "");
    }
    fprintf(out, "%s%s%s%s%s\n", end->is_optional ? " optional" : "",
            end->is_readonly ? " readonly" : "", end->is_polled ? " polled" : "",
            end->is_async ? " async" : "",
            end->is_dma    ? " dma"
            : end->is_rest ? " rest"
                           : "");
}

static const char *value_text(const struct value *value)
{
    return value->kind == VALUE_NUMBER ? text_format("%" PRId64, value->number)
                                       : text_format("\"%s\"", value->string);
}

static void dump_component(const struct component *c, FILE *out)
{
    fprintf(out, "%s %s%s%s%s\n",
            c->is_system      ? "system"
            : c->is_hardware  ? "hardware"
            : c->is_composite ? "composite"
                              : "component",
            c->name, c->has_init ? " init" : "", c->has_run ? " run" : "",
            c->is_reentrant ? " reentrant" : "");
    for (EACH(struct end, end, &c->ends)) {
        dump_end(end, out);
    }
    for (EACH(struct config, config, &c->configs)) {
        fprintf(out, "    config %s %s", config->name, type_text(&config->type));
        text(out, " default=", config->has_value ? value_text(&config->value) : NULL);
        if (config->has_range) {
            fprintf(out, " range=%" PRId64 "..%" PRId64, config->low, config->high);
        }
        fputc('\n', out);
    }
    for (EACH(struct keep, keep, &c->keeps)) {
        fprintf(out, "    keep %s %s version=%u%s\n", keep->type_name, keep->name, keep->version,
                keep->converts ? " convert" : "");
    }
    for (EACH(struct value, source, &c->sources)) {
        fprintf(out, "    source %s\n", source->string);
    }
    for (EACH(struct part, part, &c->parts)) {
        fprintf(out, "    %s %s %s", part->is_slot ? "slot" : "instance", part->type_name,
                part->name);
        for (EACH(struct component, other, &part->alternatives)) {
            fprintf(out, " swap=%s", other->name);
        }
        fputc('\n', out);
    }
    for (EACH(struct export_decl, export, &c->exports)) {
        fputs("    export", out);
        for (uint32_t i = 0; i < export->ref.path.count; i++) {
            fprintf(out, "%c%s", i ? '.' : ' ', ((struct named *)export->ref.path.item[i])->name);
        }
        fprintf(out, " as %s\n", export->name);
    }
}

static void dump_policy(const struct policy *policy, FILE *out)
{
    fprintf(out,
            "    cpu %s%" PRIu64 "/%" PRIu64 "ns prio %u mem %" PRIu64 " caps %u stack %" PRIu64
            " heap %" PRIu64 " heartbeat %" PRIu64 "ns",
            policy->is_passive ? "passive " : "", policy->cpu_ns, policy->period_ns, policy->prio,
            policy->mem, policy->caps, policy->stack, policy->heap, policy->heartbeat_ns);
    fprintf(out, " restart %s\n",
            policy->restarts
                ? text_format("max %u in %" PRIu64 "ns backoff %" PRIu64 "..%" PRIu64 "ns",
                              policy->restart_max, policy->window_ns, policy->backoff_min_ns,
                              policy->backoff_max_ns)
                : "never");
}

static void dump_instance(const struct instance *instance, FILE *out)
{
    const struct component *component = instance->component;
    const struct value *value = instance->configs;

    fprintf(out, "instance %u %s %s id=%s%s%s", instance->number, instance->path, component->name,
            instance->id, instance->is_until ? " until" : "", instance->is_slot ? " slot" : "");
    for (EACH(struct instance, other, &instance->alternatives)) {
        fprintf(out, " swap=%s", other->component->name);
    }
    fputc('\n', out);
    if (component->is_hardware) {
        return;
    }
    dump_policy(&instance->policy, out);
    for (EACH(struct config, config, &component->configs)) {
        fprintf(out, "    %s = %s\n", config->name, value_text(value++));
    }
    for (EACH(struct group, group, &instance->groups)) {
        fprintf(out, "    group %s\n", group->name);
    }
    if (instance->restart_with) {
        fprintf(out, "    restart with %s\n", instance->restart_with->path);
    }
}

static void dump_connection(const struct connection *c, FILE *out)
{
    fprintf(out, "connection %u %s : %s%s%s", c->number, c->name,
            c->is_monitored ? "monitored " : "", c->is_traced ? "traced " : "",
            c->transport == TRANSPORT_USER ? c->link->connector_name
                                           : transport_name(c->transport));
    number(out, " timeout=", c->timeout_ns, 0, "ns");
    number(out, " bytes=", c->bytes, 0, "");
    number(out, " strikes=", c->strikes, 0, "");
    number(out, " covers=", c->cover_bytes, 0, "");
    fputc('\n', out);
}

static void dump_connector(const struct connector *c, FILE *out)
{
    static const char *const kinds[] = { "frame", "notification", "endpoint", "signal" };
    static const char *const sides[] = { "from", "to" };

    fprintf(out, "connector %s\n", c->name);
    for (enum side side = SIDE_FROM; side < SIDES; side++) {
        const struct connector_end *end = &c->end[side];

        const struct end like = { .kind = end->kind,
                                  .type_name = end->type_name ? end->type_name : "*" };

        fprintf(out, "    %s %s%s template=%s\n", sides[side], end_text(&like),
                end->flows ? " flows" : "", end->template ? end->template : "-");
    }
    for (EACH(struct connector_object, o, &c->objects)) {
        fprintf(out, "    %s %s bytes=%" PRIu64 " grants=%u,%u maps=%u,%u receiver=%s%s%s\n",
                kinds[o->kind], o->name, o->bytes, o->grants[0], o->grants[1], o->maps[0],
                o->maps[1], sides[o->receiver], o->is_shared ? " shared" : "",
                o->is_polled ? " polled" : "");
    }
}

void dump_front(const struct model *model, FILE *out)
{
    for (EACH(struct enumeration, e, &model->enumerations)) {
        dump_enumeration(e, out);
    }
    for (EACH(struct structure, s, &model->structures)) {
        dump_structure(s, out);
    }
    for (EACH(struct interface, i, &model->interfaces)) {
        dump_interface(i, out);
    }
    for (EACH(struct connector, c, &model->connectors)) {
        dump_connector(c, out);
    }
    for (EACH(struct component, c, &model->components)) {
        dump_component(c, out);
    }
    if (model->system) { /* else there is nothing of what follows */
        fprintf(out, "elaborated %s\n", model->system->name);
    }
    for (EACH(struct instance, instance, &model->instances)) {
        dump_instance(instance, out);
    }
    for (EACH(struct connection, c, &model->connections)) {
        dump_connection(c, out);
    }
    for (EACH(struct denial, denial, &model->denials)) {
        fprintf(out, "deny %s ~> %s\n", denial->from->path, denial->to->path);
    }
}
