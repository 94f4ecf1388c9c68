#include <tess/error.h>

const char *tess_strerror(enum tess_err err)
{
    switch (err) {
#define ERROR(name, value, text)                                                                   \
    case TESS_##name:                                                                              \
        return #name;
#include <errors.def>
#undef ERROR
    default:
        return "?";
    }
}

const char *tess_error_text(enum tess_err err)
{
    switch (err) {
#define ERROR(name, value, text)                                                                   \
    case TESS_##name:                                                                              \
        return text;
#include <errors.def>
#undef ERROR
    default:
        return "unknown error";
    }
}
