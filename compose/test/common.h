#ifndef COMPOSE_TEST_COMMON_H
#define COMPOSE_TEST_COMMON_H

#include "passes.h"

/* Parse to check without messages; *text (if text is not NULL): the dump, to be freed, only if the file is accepted. */
bool run_front(const char *path, char **text);
/* Paths of the files that the last run has read, the system's first; one allocation, NULL at the end, to be freed. */
char **run_paths(void);
/* The model of the last run. */
struct model *run_model(void);

#endif
