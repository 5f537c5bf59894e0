/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads texts from stdin, each behind its length (32 bits, of this machine's order), and prints a
 * line for each: what the plugin's reader finds.
 */
#include "../client/json.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	uint32_t size;

	while (fread(&size, sizeof(size), 1, stdin) == 1) {
		/* Not a byte more than the text, so that whoever reads behind it is caught. */
		char *bytes = malloc(size);
		struct text in = { bytes, bytes + size }, value, name;
		const char *string;

		if (fread(bytes, 1, size, stdin) != size)
			return 1;
		value = parse(in);
		name = member(value, "name");
		string = string_of(name);
		printf("%s", !value.at ? "none" : is_object(value) ? "object" : "value");
		if (value.at && name.at && string)
			printf(" ");
		for (; value.at && name.at && string && *string; string++)
			printf("%02x", (unsigned char)*string);
		printf("\n");
		free(bytes);
	}
	return 0;
}
