#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A processor with AVX-VNNI and without AVX-512.

exec "$(dirname "$0")/on-bochs" arrow_lake 'TNPU_TEST_FILTER=test_gemm_int?:?avx-vnni'
