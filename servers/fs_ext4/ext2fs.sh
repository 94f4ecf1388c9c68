#!/bin/sh
# ext2fs.sh SOURCE OUT: writes what configure and make would have generated for libext2fs, from e2fsprogs' source, into OUT; prints OUT.
set -eu
source=$1 out=$2
mkdir -p "$out/ext2fs"
[ ! -f "$out/done" ] || { echo "$out"; exit 0; }

sed 's/@[A-Za-z0-9_]*@//' "$source/lib/ext2fs/ext2_err.et.in" >"$out/ext2_err.et"
awk -f "$source/lib/et/et_h.awk" outfile="$out/ext2fs/ext2_err.h" outfn=ext2_err.h "$out/ext2_err.et"
awk -f "$source/lib/et/et_c.awk" outfile="$out/ext2_err.c" outfn=ext2_err.c "$out/ext2_err.et"
cat >"$out/ext2fs/ext2_types.h" <<END
#ifndef _EXT2_TYPES_H
#define _EXT2_TYPES_H
typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
#define __bitwise
#define __force
typedef __u16 __le16, __be16;
typedef __u32 __le32, __be32;
typedef __u64 __le64, __be64;
#endif
END
# Only what the files of the library ask for and both C libraries have.
cat >"$out/config.h" <<'END'
#define SIZEOF_CHAR 1
#define SIZEOF_SHORT 2
#define SIZEOF_INT 4
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T 8
#define SIZEOF_TIME_T 8
#define STDC_HEADERS 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_STDINT_H 1
#define HAVE_UNISTD_H 1
#define HAVE_ERRNO_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_TYPE_SSIZE_T 1
#define HAVE_SYS_TIME_H 1
END
gcc -include stdint.h -I "$out" -o "$out/gen_crc32ctable" "$source/lib/ext2fs/gen_crc32ctable.c"
"$out/gen_crc32ctable" >"$out/crc32c_table.h"
: >"$out/done"
echo "$out"
