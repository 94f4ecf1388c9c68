/* For features.c: one instruction of each feature, with an svc behind it, in the order of its table.  x1: memory that may be written. */
    .arch armv8.6-a+crypto+sha3+sm4+fp16+fp16fml+rng+i8mm+bf16
    .macro probe instruction:vararg
    \instruction
    svc #0
    .endm

    .section .rodata
    .balign 8
    .global feature_probes
feature_probes:
    probe aese v0.16b, v0.16b
    probe pmull v0.1q, v0.1d, v0.1d
    probe sha1h s0, s0
    probe sha256su0 v0.4s, v0.4s
    probe crc32b w0, w0, w0
    probe ldadd x0, x0, [x1]
    probe fadd h0, h0, h0
    probe fadd v0.4h, v0.4h, v0.4h
    probe sqrdmlah v0.4h, v0.4h, v0.4h
    probe fjcvtzs w0, d0
    probe fcadd v0.4s, v0.4s, v0.4s, #90
    probe ldapr x0, [x1]
    probe dc cvap, x1
    probe eor3 v0.16b, v0.16b, v0.16b, v0.16b
    probe sm3ss1 v0.4s, v0.4s, v0.4s, v0.4s
    probe sm4e v0.4s, v0.4s
    probe udot v0.2s, v0.8b, v0.8b
    probe sha512su0 v0.2d, v0.2d
    probe fmlal v0.2s, v0.2h, v0.2h
    probe ldapur x0, [x1]
    probe cfinv
    probe axflag
    probe frint32z s0, s0
    probe smmla v0.4s, v0.16b, v0.16b
    probe bfdot v0.2s, v0.4h, v0.4h
    probe mrs x0, rndr
    .global feature_probes_end
feature_probes_end:
