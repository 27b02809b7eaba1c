// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

#define PORT_MAX 65535

int arm_address_parse(const char *text, char host[ARM_HOST], int *port)
{
	const char *colon = strrchr(text, ':');
	struct in_addr address;
	unsigned long value;
	char *end;

	if (!colon || colon - text >= ARM_HOST)
		return -1;
	memcpy(host, text, colon - text);
	host[colon - text] = '\0';
	if (colon[1] < '0' || colon[1] > '9' || inet_pton(AF_INET, host, &address) != 1)
		return -1;
	value = strtoul(colon + 1, &end, 10);
	if (*end || value > PORT_MAX)
		return -1;
	*port = value;
	return 0;
}
