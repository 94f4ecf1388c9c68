/* What a template is read into (template_read.c), to be printed (template.c). */
#ifndef COMPOSE_PIECES_H
#define COMPOSE_PIECES_H

#include "template.h"

enum operation {
    OP_CONSTANT,
    OP_NAME,
    OP_FIELD,
    OP_NOT,
    OP_EQUAL,
    OP_DIFFER,
    OP_MORE,
    OP_AND,
    OP_OR,
    OP_CHOICE
};

struct expression {
    enum operation operation;
    struct where where;
    struct val constant;
    const char *name;                         /* of a variable or field */
    enum node node;                           /* FIELD: whose field it was last */
    field_read *field;                        /* and how to read it; NULL: not known yet */
    struct expression *left, *right, *middle; /* middle: CHOICE */
};

struct piece {
    enum { PIECE_TEXT, PIECE_VALUE, PIECE_IF, PIECE_FOR, PIECE_LET, PIECE_USE, PIECE_GLUE } kind;
    struct where where;
    struct expression
        *value;         /* all but TEXT; USE: the name of the definition, itself or as a field */
    const char *name;   /* FOR, LET: the new name */
    enum side side;     /* GLUE */
    struct list values; /* USE: struct expression, the arguments */
    struct list body, otherwise;
};

struct definition {
    const char *name;
    struct list params; /* const char * */
    struct list body;   /* struct piece */
};

/* Report an error in a template, unless one was; it has failed. */
void template_fail(bool *failed, const struct where *where, const char *message);
/* Read a template into struct piece; definitions: where those of compose's own go, NULL: one of the user's, which may not
 * define or use; false: reported. */
bool template_read(const struct source *source, struct list *pieces, struct list *definitions);

#endif
