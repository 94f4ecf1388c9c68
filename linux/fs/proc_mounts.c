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

/* `from` goes, with its blanks in octal, to `to`. */
static void text_blanks(struct text *to, struct text *from)
{
    text_escaped(to, from->at, from->bytes, " \t\n\\");
    to->is_short |= from->is_short;
    heap_free(from->at);
}

static void mount_place(struct text *to, const struct path *p)
{
    struct text place = { 0 };

    text_path(&place, p); /* "(deleted)" if it was removed */
    text_blanks(to, &place);
}

/* What the mount shows, as its file system would name it. */
static void mount_content(struct text *to, const struct mount *m)
{
    struct mount whole = { .root = m->root };
    struct text content = { 0 };

    while (whole.root->parent != whole.root) {
        whole.root = whole.root->parent;
    }
    text_path(&content, &(struct path){ &whole, m->root });
    if (dentry_is_deleted(m->root) && content.bytes > sizeof PATH_DELETED) {
        content.bytes -= sizeof PATH_DELETED - 1;
        text_add(&content, "//deleted"); /* as Linux has it in this field */
    }
    text_blanks(to, &content);
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
        mount_place(to, &(struct path){ m, m->root });
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

        text_add(to, "%u %u %u:%u ", m->id, m->parent ? m->parent->id : 0,
                 (unsigned)(m->super->device >> 8 & 0xfff), (unsigned)(m->super->device & 0xff));
        mount_content(to, m);
        text_add(to, " ");
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
