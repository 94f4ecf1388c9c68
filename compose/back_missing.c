/* Stand-ins for passes that are not built yet. */
#include "passes.h"

__attribute__((weak)) bool lower(struct model *model, const struct options *options)
{
    (void)model, (void)options;
    return true;
}

__attribute__((weak)) bool place(struct model *model)
{
    (void)model;
    return true;
}

__attribute__((weak)) bool emit(struct model *model, const struct options *options)
{
    (void)model, (void)options;
    return true;
}

__attribute__((weak)) void dump_back(const struct model *model, FILE *out)
{
    dump_front(model, out);
}
