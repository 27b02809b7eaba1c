#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Models against their references, on the debug kernel.

. "$(dirname "$0")/lib.sh"

[ -n "${TNPU_TEST_MODELS:-}" ] || { echo "1..0 # SKIP TNPU_TEST_MODELS is not set"; exit 0; }
debug_tap golden -- /mnt/build/tests/e2e/golden
done_testing
