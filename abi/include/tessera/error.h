/* Error numbers, one list for kernel, libraries and components (abi/errors.def). */
#ifndef TESSERA_ERROR_H
#define TESSERA_ERROR_H

enum tess_err {
#define ERROR(name, value, text) TESS_##name = value,
#include "../../errors.def"
#undef ERROR
    TESS_ERR_COUNT
};

#endif
