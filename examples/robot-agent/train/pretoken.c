// SPDX-License-Identifier: MIT
#define PCRE2_CODE_UNIT_WIDTH 8
#include <err.h>
#include <pcre2.h>
#include <stdlib.h>

#include "alloc.h"
#include "pretoken.h"

/* Every character is matched by one of the parts. */
#define PRETOKEN_PATTERN \
	"'s|'t|'re|'ve|'m|'ll|'d" \
	"| ?\\p{L}+" \
	"| ?\\p{N}+" \
	"| ?[^\\p{White_Space}\\p{L}\\p{N}]+" \
	"|\\p{White_Space}+(?!\\P{White_Space})" \
	"|\\p{White_Space}+"

struct train_pretoken {
	pcre2_code *pattern;
	pcre2_match_data *match;
};

struct train_pretoken *train_pretoken_create(void)
{
	struct train_pretoken *pretoken = train_alloc(1, sizeof(*pretoken));
	PCRE2_SIZE where;
	int code;

	pretoken->pattern = pcre2_compile((PCRE2_SPTR)PRETOKEN_PATTERN,
					  PCRE2_ZERO_TERMINATED,
					  PCRE2_UTF | PCRE2_UCP |
					  PCRE2_ANCHORED, &code, &where, NULL);
	if (!pretoken->pattern)
		errx(1, "the pre-tokenizer's pattern: error %d at %zu", code,
		     where);
	/* Where there is no JIT the interpreter does the same, slower. */
	pcre2_jit_compile(pretoken->pattern, PCRE2_JIT_COMPLETE);
	pretoken->match =
		pcre2_match_data_create_from_pattern(pretoken->pattern, NULL);
	if (!pretoken->match)
		err(1, "no memory for the pre-tokenizer");
	return pretoken;
}

void train_pretoken_destroy(struct train_pretoken *pretoken)
{
	pcre2_match_data_free(pretoken->match);
	pcre2_code_free(pretoken->pattern);
	free(pretoken);
}

size_t train_pretoken_next(struct train_pretoken *pretoken, const char *text,
			   size_t len, size_t at)
{
	int code = pcre2_match(pretoken->pattern, (PCRE2_SPTR)text, len, at, 0,
			       pretoken->match, NULL);

	if (code < 0)
		errx(1, "text that is no UTF-8 (%d): %.*s", code, (int)len,
		     text);
	return pcre2_get_ovector_pointer(pretoken->match)[1];
}
