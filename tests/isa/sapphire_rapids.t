#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A processor with AVX-512 and AMX. Bochs takes signed bytes in tiles for unsigned ones, so
# its tiles get what is the same as both; those that are C get all.

exec "$(dirname "$0")/on-bochs" sapphire_rapids 'TNPU_TEST_FILTER=test_gemm_int?:?a*-*' \
	'TNPU_TEST_SKIP=*:?avx-vnni' ISA_TILES=1 TNPU_TEST_UNSIGNED_TILES=1
