# SPDX-License-Identifier: MIT
#
# Makes the table of names that traces may use from the contracts' headers: a line for
# each constant, struct and field, as macro calls that trace_names.c gives a meaning. What
# is no number (an initialiser, a macro with arguments) is left out.

/^#define TNPU_[A-Z0-9_]+[ \t]+[^{ \t]/ { print "CONST(" $2 ")" }

/^struct [a-z0-9_]+ \{/ {
	type = $2
	print "STRUCT(" type ")"
}

/^\}/ { type = "" }

type != "" && /;/ {
	line = $0
	sub(/;.*/, "", line)
	array = sub(/\[.*/, "", line)
	nested = line ~ /^[ \t]*struct /
	words = split(line, word, /[ \t]+/)
	if (nested)
		print "NESTED(" type ", " word[words] ", " word[words - 1] ")"
	else if (array)
		print "ARRAY(" type ", " word[words] ")"
	else
		print "FIELD(" type ", " word[words] ")"
}
