#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The headers and the hardware manual in step: every register, bit, message, opcode,
# struct and field of the two device headers is named in Documentation/hardware, and
# every TNPU_ name in the manual exists in a header, as does every field that it lists.

cd "$(dirname "$0")/../.." || exit 1
headers=(uapi/tnpu/tnpu_regs.h uapi/tnpu/tnpu_isa.h)
pages=(Documentation/hardware/*.rst)
manual=$(cat "${pages[@]}") || { echo "Bail out! no manual"; exit 1; }
n=0
failed=0

ok() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# Names that are the headers' own affair.
exempt='^(_TNPU_.*|TNPU_WFORMAT_DESC_.*)$'

while read -r name; do
	grep -qw -- "$name" <<< "$manual"
	ok $? "$name is documented"
done < <(sed -n 's/^#define \(_\?TNPU_[A-Z0-9_]*\).*/\1/p' "${headers[@]}" |
	grep -Ev "$exempt")

# struct names and their fields: "struct.field" pairs, by the header's own text.
fields() {
	awk '/^struct [a-z_0-9]+ \{/ { s = $2; next }
	     /^\}/ { s = "" }
	     s != "" { line = $0; sub(/\/\*.*/, "", line)
		       if (match(line, /[a-z_0-9]+(\[[^]]*\])?;/)) {
				f = substr(line, RSTART, RLENGTH); gsub(/(\[.*)?;/, "", f)
				print s "." f } }' "${headers[@]}"
}
while read -r pair; do
	s=${pair%.*}
	f=${pair#*.}
	section=$(awk -v s="struct $s" 'index($0, s) { on = 1 } on { print }
		on && /^struct / && !index($0, s) { exit }' "${pages[@]}")
	grep -qw -- "$f" <<< "$section"
	ok $? "struct $s, field $f is documented"
done < <(fields)

# Lists of a struct's fields: terms, or the first column of a table, below its heading.
terms() {
	awk '/struct tnpu_[a-z_0-9]+/ && !/``struct/ {
		match($0, /struct tnpu_[a-z_0-9]+/); s = substr($0, RSTART + 7, RLENGTH - 7) }
	     /^[-=~]+$/ && last !~ /struct/ { s = "" }
	     s != "" && /^(   \* - )?(``[a-z_0-9]+``(, )?)+$/ {
		line = $0; gsub(/[` *-]/, "", line); n = split(line, f, ",")
		for (i = 1; i <= n; i++) print s "." f[i] }
	     { last = $0 }' "${pages[@]}"
}
while read -r pair; do
	fields | grep -qxF -- "$pair"
	ok $? "struct ${pair%.*} has the field ${pair#*.}"
done < <(terms | sort -u)

while read -r name; do
	grep -qE "\b$name(_[A-Z0-9_]+)?\b" "${headers[@]}" uapi/drm/tnpu_accel.h
	ok $? "$name exists"
done < <(grep -oEh '\bTNPU_[A-Z0-9_]*[A-Z0-9]\b' "${pages[@]}" | sort -u)
echo "1..$n"
exit $failed
