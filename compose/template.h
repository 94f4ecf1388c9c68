/*
 * Templates: C text with lines that begin with "@" and with "@{EXPRESSION}" in the others (docs/language.md, "Your own
 * connector").  A template reads the model and prints; it decides nothing and changes nothing.
 */
#ifndef COMPOSE_TEMPLATE_H
#define COMPOSE_TEMPLATE_H

#include <stdio.h>

#include "connector.h"

/* What the names in one side's C text begin with: its end and, at a provided end, which of its connections it is. */
const char *template_prefix(const struct model *model, const struct connection *c, enum side side);
/* Print the template of one side of a connection.  Errors are reported at their place in the template. */
void template_print(FILE *out, const struct model *model, const struct connection *c,
                    enum side side);
/* Table of what a template may read, as Markdown. */
void template_reference(FILE *out);

#endif
