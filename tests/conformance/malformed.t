#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The replayer refuses a trace that is malformed, and names the place and what is wrong.

: "${TNPU_BUILD:=$(cd "$(dirname "$0")/../../build" && pwd)}"
replay=$TNPU_BUILD/tests/conformance/replay
[ -x "$replay" ] || { echo "Bail out! no $replay"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0
failed=0

ok() {
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	echo "not ok $n - $2"
	sed 's/^/# /' "$work/out"
	failed=1
}

# check LINE: of a trace that has it in its third line
check() {
	printf 'title a trace\nlet here sys+4096\n%s\n' "$1" >"$work/a.trace"
	"$replay" --check "$work/a.trace" >"$work/out"
}

# refuses LINE MESSAGE
refuses() {
	check "$1"
	[ $? = 1 ] && grep -F -- "# $work/a.trace:3: " "$work/out" | grep -qF -- "$2"
	ok $? "${1:0:60}: $2"
}

takes() {
	check "$1"
	ok $? "$1"
}

takes 'write TNPU_REG_SCRATCH (1+2*3<<4|TNPU_CTRL_BOOT)%7 # a comment'
takes 'place sys:here+sizeof(tnpu_msg) tnpu_msg seq=0xffffffff payload[5]=1'
takes 'expect mem:offsetof(tnpu_cmd_gemm.x.dtype) u8 3@0 255'
takes 'place mem:0 hex 00ff a5'

refuses 'poke TNPU_REG_SCRATCH 1' "there is no action 'poke'"
refuses 'write TNPU_REG_SCRATCH' 'write takes 2 to 2 words, not 1'
refuses 'write TNPU_REG_SCRATCH 1 2' 'write takes 2 to 2 words, not 3'
refuses 'title again' 'a trace has one title'
refuses 'write TNPU_REG_SCRATCHED 1' 'the headers have no register TNPU_REG_SCRATCHED'
refuses 'write TNPU_MAGIC 1' 'the headers have no register TNPU_MAGIC'
refuses 'write 0x130 1' 'the headers have no register 0x130'
refuses 'write TNPU_REG_SCRATCH TNPU_NOTHING' 'the headers have no constant TNPU_NOTHING'
refuses 'write TNPU_REG_SCRATCH there' 'no variable is called there'
refuses 'write TNPU_REG_SCRATCH 0x100000000' '0x100000000 is 0x100000000, at most 0xffffffff'
refuses 'write TNPU_REG_SCRATCH 0x' "'0x' is not a number"
refuses 'write TNPU_REG_SCRATCH 12a' "'12a' is not a number"
refuses 'write TNPU_REG_SCRATCH 0x11223344556677889' 'is not a number'
refuses 'write TNPU_REG_SCRATCH 1+' "'' does not begin with a value"
refuses 'write TNPU_REG_SCRATCH 1,2' "',2' cannot follow a value"
refuses 'write TNPU_REG_SCRATCH (1+2' 'a parenthesis is not closed'
refuses 'write TNPU_REG_SCRATCH sizeof(tnpu_nothing)' 'the headers have no struct tnpu_nothing'
refuses 'write TNPU_REG_SCRATCH sizeof(tnpu_msg' 'sizeof( has no end'
refuses 'write TNPU_REG_SCRATCH offsetof(tnpu_msg)' 'STRUCT.FIELD is wanted'
refuses 'write TNPU_REG_SCRATCH align(8)' 'there is no align()'
refuses 'write64 TNPU_REG_SCRATCH 1' 'TNPU_REG_SCRATCH is no register of a pair'
refuses 'let TNPU_MAGIC 1' "'TNPU_MAGIC' cannot be a variable"
refuses 'interrupt 65' '65 is 0x41, at most 0x40 are allowed'
refuses 'place here u32 1' "'here' is no place"
refuses 'place sys:here u33 1' "'u33' is no type"
refuses 'place sys:here u8 256' '256 is 0x100, at most 0xff are allowed'
refuses 'place sys:here hex 0g' "'0g' is not two digits"
refuses 'place sys:here hex 000' "'000' is not two digits"
refuses 'place sys:here tnpu_msg status' "'status' is not FIELD=VALUE"
refuses 'place sys:here tnpu_msg state=1' 'struct tnpu_msg has no field state'
refuses 'place sys:here tnpu_msg payload=1' 'payload has 6 elements'
refuses 'place sys:here tnpu_msg payload[6]=1' 'payload[6]: 0 to 5 there are'
refuses 'place sys:here tnpu_msg payload[x]=1' 'payload[x]: 0 to 5 there are'
refuses 'place sys:here tnpu_msg seq[0]=1' "'[0]' cannot follow seq"
refuses 'place sys:here tnpu_msg type=0x10000' 'at most 0xffff are allowed'
refuses 'place sys:here tnpu_cmd_nop hdr=1' 'hdr is a struct'
refuses 'place sys:here tnpu_cmd_nop hdr.code=1' 'struct tnpu_cmd_header has no field code'
refuses 'place sys:here tnpu_msg seq.low=1' 'seq is no struct'
refuses 'include nothing.inc' "$work/nothing.inc: No such file or directory"
refuses "place sys:here u8 $(seq -s' ' 1 70)" 'more than 64 words'
refuses "let a $(printf '%01100d' 1)" 'a line has no end, or is longer than'

printf 'read TNPU_REG_MAGIC TNPU_MAGIC\n' >"$work/a.trace"
"$replay" --check "$work/a.trace" >"$work/out"
[ $? = 1 ] && grep -qF "a.trace:1: a trace begins with its title" "$work/out"
ok $? 'a trace without a title'
: >"$work/a.trace"
"$replay" --check "$work/a.trace" >"$work/out"
[ $? = 1 ] && grep -qF 'there is no title' "$work/out"
ok $? 'an empty trace'
echo 'include loop.inc' >"$work/loop.inc"
check 'include loop.inc'
[ $? = 1 ] && grep -qF 'loop.inc:1: more than 4 files include each other' "$work/out"
ok $? 'a file that includes itself'

# Against a device: what is read is not what is expected; memory that is not there.
printf 'title a trace\nread TNPU_REG_MAGIC 1\n' >"$work/a.trace"
"$replay" "$work/a.trace" >"$work/out"
[ $? = 1 ] && grep -qF 'a.trace:2: TNPU_REG_MAGIC is 0x55504e54, 0x1 is expected' "$work/out"
ok $? 'a register that reads otherwise'
printf 'title a trace\nplace mem:4 u32 5\nexpect mem:0 u32 0 6\n' >"$work/a.trace"
"$replay" "$work/a.trace" >"$work/out"
[ $? = 1 ] && grep -qF 'a.trace:3: mem:0x4 is 0x5, 0x6 is expected' "$work/out"
ok $? 'memory that reads otherwise'
printf 'title a trace\nplace sys:sys+0x100000-4 u32 1 2\n' >"$work/a.trace"
"$replay" "$work/a.trace" >"$work/out"
[ $? = 1 ] && grep -qF 'lies outside of' "$work/out"
ok $? 'memory that is not there'
echo "1..$n"
exit $failed
