/* The vDSO's pages are shared by all processes: an unnamed file with the data page and the ELF image behind it. */
#include "vdso.h"

#include <linux/mman.h>
#include <string.h>

#include "../fs/vfs.h"
#include "../mm/mm.h"
#include "../vdso/data.h"
#include "clock.h"
#include "task.h"

extern const uint8_t vdso_image[], vdso_image_end[];
extern const uint64_t vdso_sigreturn_offset;

#define VDSO_DATA_AT 0x7ffff7ff0000ull
#define VDSO_AT      (VDSO_DATA_AT + PAGE_SIZE)

static struct file *file;
static struct vdso_data *data;

int vdso_start(void)
{
    uint64_t bytes = (uint64_t)(vdso_image_end - vdso_image), at = PAGE_SIZE;
    struct page *p;
    struct uio u;
    int err = memory_file("[vdso]", PAGE_SIZE + bytes, &file);

    if (err) {
        return err;
    }
    uio_kernel(&u, (void *)(uintptr_t)vdso_image, bytes);
    if (file->ops->write(file, &u, &at) != (long)bytes) {
        return -ENOMEM;
    }
    err = cache_page(file->inode, 0, &p);
    if (err) {
        return err;
    }
    data = page_data(p); /* the reference is kept for ever */
    vdso_clock_changed();
    return 0;
}

void vdso_clock_changed(void)
{
    if (data) {
        data->real_offset_ns = clock_real_offset();
    }
}

int vdso_map(struct space *s)
{
    uint64_t bytes = (uint64_t)(vdso_image_end - vdso_image);
    long err = space_map(s, VDSO_DATA_AT, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);

    if (err < 0) {
        return (int)err;
    }
    space_name(s, VDSO_DATA_AT, "[vvar]");
    err = space_map(s, VDSO_AT, bytes, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file,
                    PAGE_SIZE);
    if (err < 0) {
        return (int)err;
    }
    space_name(s, VDSO_AT, "[vdso]");
    return 0;
}

uint64_t vdso_at(void)
{
    return VDSO_AT;
}

uint64_t vdso_sigreturn(void)
{
    return VDSO_AT + vdso_sigreturn_offset;
}
