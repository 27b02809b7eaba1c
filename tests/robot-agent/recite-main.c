// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "recite.h"

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: recite FILE.gguf TEXT\n");
		return 2;
	}
	recite_write(argv[1], argv[2]);
	return 0;
}
