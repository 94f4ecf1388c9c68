/* What the report files share. */
#ifndef COMPOSE_REPORT_H
#define COMPOSE_REPORT_H

#include "back.h"

void report_graph(FILE *out, const struct model *model);
void report_audit(FILE *out, const struct model *model);
/* One line a capability of each domain, those of the supervisor's making included. */
void report_caps(FILE *out, const struct model *model);
void report_cost(FILE *out, const struct model *model);
/* Generated C of the connections whose name holds the text; false: there is none. */
bool report_expand(FILE *out, const struct model *model, const char *text);
/* The shortest way on which one instance can influence another; false: there is no such instance. */
bool report_why(FILE *out, const struct model *model, const char *from, const char *to);
/* Every right that the description gives, one sentence a line, without numbers that placing gives. */
void report_authority(FILE *out, const struct model *model);

#endif
