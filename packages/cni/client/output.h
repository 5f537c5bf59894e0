/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered: a result, or an error as the spec has it. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "call.h"

static char out[4096];
static struct text written = { out, out };

static void put(const char *string)
{
	while (*string && written.end < out + sizeof(out))
		out[written.end++ - out] = *string++;
}

static void put_number(long number)
{
	char digits[21], *at = digits + sizeof(digits) - 1;

	*at = 0;
	do
		*--at = '0' + number % 10;
	while (number /= 10);
	put(at);
}

/* For what comes from outside: as much as can stand in a JSON string, and not too much of it. */
static void put_quoted(const char *string)
{
	for (int i = 0; string[i] && i < 200; i++) {
		char c[2] = { string[i] };

		put(c[0] < 0x20 || c[0] > 0x7e || c[0] == '"' || c[0] == '\\' ? "?" : c);
	}
}

/* Print what was put, then this; and end. */
static _Noreturn void answer(int code, struct text text)
{
	struct text parts[] = { written, text };

	for (int i = 0; i < 2; i++)
		while (parts[i].at < parts[i].end) {
			long size = sys3(SYS_write, 1, parts[i].at, parts[i].end - parts[i].at);

			if (size <= 0)
				sys_exit(1);
			parts[i].at += size;
		}
	sys_exit(code);
}

static const struct text nothing;

static void begin_error(int code, const char *message, const char *about)
{
	put("{\"cniVersion\":\"");
	put(versions[call.version]);
	put("\",\"code\":");
	put_number(code);
	put(",\"msg\":\"");
	put(message);
	put_quoted(about);
}

static _Noreturn void fail(int code, const char *message, const char *about)
{
	begin_error(code, message, about);
	put("\"}");
	answer(1, nothing);
}

#endif /* OUTPUT_H */
