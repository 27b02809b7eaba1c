# SPDX-License-Identifier: MIT
#
# Makes the table of names that traces may use from the contracts' headers: a line for
# each constant, struct and field, as macro calls that trace_names.c gives a meaning, one
# kind at a time. What is no number (an initialiser, a macro with arguments) is left out.

/^#define TNPU_[A-Z0-9_]+[ \t]+[^{ \t]/ { consts = consts "CONST(" $2 ")\n" }

/^struct [a-z0-9_]+ \{/ {
	type = $2
	structs = structs "STRUCT(" type ")\n"
}

/^\}/ { type = "" }

type != "" && /;/ {
	line = $0
	sub(/;.*/, "", line)
	array = sub(/\[.*/, "", line)
	nested = line ~ /^[ \t]*struct /
	words = split(line, word, /[ \t]+/)
	if (nested)
		fields = fields "NESTED(" type ", " word[words] ", " word[words - 1] ")\n"
	else if (array)
		fields = fields "ARRAY(" type ", " word[words] ")\n"
	else
		fields = fields "FIELD(" type ", " word[words] ")\n"
}

END {
	printf "#ifdef CONST\n%s#endif\n", consts
	printf "#ifdef STRUCT\n%s#endif\n", structs
	printf "#ifdef FIELD\n%s#endif\n", fields
}
