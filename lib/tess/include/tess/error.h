/* Names and meanings of errors, from abi/errors.def. */
#ifndef TESS_ERROR_H
#define TESS_ERROR_H

#include <tessera/error.h>

/* Name of an error, "GONE"; "?" for a number that is none. */
const char *tess_strerror(enum tess_err err);

/* What it means for the one who got it; "unknown error" for a number that is none. */
const char *tess_error_text(enum tess_err err);

#endif
