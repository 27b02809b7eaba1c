// SPDX-License-Identifier: MIT
/*
 * The tnpu command: JSON of bytes that come from elsewhere.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "utf8.h"

cJSON *tnpu_cmd_json_string(const char *text, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *clean = malloc(3 * len + 1);
	cJSON *json;
	size_t n = 0;
	int bytes;

	if (!clean)
		return NULL;
	while (len) {
		bytes = tnpu_utf8_char(text, len);
		memcpy(clean + n, bytes > 0 ? text : replacement, bytes > 0 ? bytes : 3);
		n += bytes > 0 ? bytes : 3;
		text += bytes > 0 ? bytes : 1;
		len -= bytes > 0 ? bytes : 1;
	}
	clean[n] = '\0';
	json = cJSON_CreateString(clean);
	free(clean);
	return json;
}

int tnpu_cmd_print_json(cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);
	int ret = -1;

	if (text && puts(text) >= 0 && !fflush(stdout))
		ret = 0;
	else
		fprintf(stderr, "tnpu: cannot write the result: %s\n", strerror(errno));
	cJSON_free(text);
	cJSON_Delete(json);
	return ret;
}
