/*
 * The passes of compose in the order in which main.c runs them (model.h says what each adds), and the options that they
 * obey.  A pass returns false if the passes behind it cannot run: it has reported at least one error (diag.h).
 */
#ifndef COMPOSE_PASSES_H
#define COMPOSE_PASSES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "diag.h"
#include "model.h"

#define ADMIT_MEMORY_DEFAULT (1ull << 30) /* bytes: --memory */

struct options {
    const char *file;     /* the system file */
    const char *output;   /* -o DIR; NULL: nothing is emitted */
    const char *system;   /* --system NAME; NULL: the last one of the file */
    struct list includes; /* const char *: -I DIR, in order */
    const char *dump;     /* --dump=PASS; NULL */
    const char *report;   /* --report=WHAT; NULL */
    struct list words;    /* const char *: further words of the command line, for reports */
    uint64_t memory;      /* --memory: bytes of the machine, for the admission */
    enum transport force; /* --force=direct|rpc; TRANSPORTS: none */
    bool check_only;      /* --check: stop behind the checks */
    bool strict;          /* --strict: warnings are errors */
    bool reference;       /* --reference */
};

/* ---- front: text to a checked system ---- */

/* Read a file and all it imports into the model; false: syntax error, or a file is not there. */
bool parse(struct model *model, const struct options *options);
bool resolve(struct model *model, const struct options *options);
bool elaborate(struct model *model, const struct options *options);
bool check(struct model *model, const struct options *options);

/* Path, relative to the working directory, of a file that a text names relative to itself. */
const char *source_path(const struct value *source);
/* Fields that `above` has set and `below` has not. */
void policy_inherit(struct policy *below, const struct policy *above);
bool policy_agrees(const struct policy *a, const struct policy *b, enum policy_field field);
/* Point instance.first to the first of its domain. */
void find_domains(const struct model *model);
/* Does it have an end Trace? */
bool reads_trace(const struct instance *instance);
/* The word of a transport: "rpc". */
const char *transport_name(enum transport transport);

/* ---- back: the system in kernel objects, then text ---- */

bool lower(struct model *model, const struct options *options);
bool place(struct model *model);
/* Write everything into options->output, or the report to stdout; false: a file could not be written. */
bool emit(struct model *model, const struct options *options);

/* ---- the model as stable text, for --dump and the tests ---- */

/* Declarations, then (if elaborated) instances, groups and connections. */
void dump_front(const struct model *model, FILE *out);
/* Domains, objects, grants, maps, watches, and what lower and place wrote into the connections. */
void dump_back(const struct model *model, FILE *out);
/* Keywords, types, settings, connectors and checks as Markdown: the reference part of the documentation. */
void reference(FILE *out);

#endif
