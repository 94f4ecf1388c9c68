/* Mounts in /proc/PID, as the running task sees them. */
#include <string.h>

#include "dentry.h"
#include "proc.h"

static const struct {
    uint32_t flag;
    const char *name;
} options[] = {
    { 2, ",nosuid" },
    { 4, ",nodev" },
    { 8, ",noexec" },
    { 1024, ",noatime" },
}; /* MS_* of linux/mount.h */

static void mount_options(struct text *to, const struct mount *m)
{
    uint32_t flags = mount_flags(m);

    text_add(to, "%s", flags & 1 ? "ro" : "rw");
    for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
        text_add(to, "%s", flags & options[i].flag ? options[i].name : "");
    }
    text_add(to, "%s", flags & 1024 ? "" : ",relatime");
}

static void mount_place(struct text *to, const struct path *p)
{
    struct text place = { 0 };

    text_path(&place, p);
    text_escaped(to, place.at, place.bytes, " \t\n\\");
    to->is_short |= place.is_short;
    heap_free(place.at);
}

static void mount_source(struct text *to, const struct mount *m)
{
    const char *source = m->source[0] ? m->source : "none";

    text_escaped(to, source, strlen(source), " \t\n\\#");
}

int show_mounts(struct text *to, const struct subject *s)
{
    (void)s;
    LIST_FOR(l, &mounts)
    {
        struct mount *m = CONTAINER(l, struct mount, all);

        mount_source(to, m);
        text_add(to, " ");
        mount_place(to, &(struct path){ m, m->root }); /* "(deleted)" if that was removed */
        text_add(to, " %s ", m->super->type->name);
        mount_options(to, m);
        text_add(to, " 0 0\n");
    }
    return 0;
}

int show_mountinfo(struct text *to, const struct subject *s)
{
    (void)s;
    LIST_FOR(l, &mounts)
    {
        struct mount *m = CONTAINER(l, struct mount, all);

        text_add(to, "%u %u %u:%u / ", m->id, m->parent ? m->parent->id : 0,
                 (unsigned)(m->super->device >> 8 & 0xfff), (unsigned)(m->super->device & 0xff));
        mount_place(to,
                    m->parent ? &(struct path){ m->parent, m->at } : &(struct path){ m, m->root });
        text_add(to, " ");
        mount_options(to, m);
        text_add(to, " - %s ", m->super->type->name);
        mount_source(to, m);
        text_add(to, " %s\n", m->super->flags & 1 ? "ro" : "rw");
    }
    return 0;
}
