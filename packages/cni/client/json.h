/* SPDX-License-Identifier: Apache-2.0 */
/* Finds values in a JSON text and copies nothing. As strict as JSON.parse. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_DEPTH 128 /* as in src/json.ts */

/* A piece of text; at == NULL is a value that is not there. */
struct text {
	const char *at;
	const char *end;
};

static inline struct text literal(const char *string)
{
	struct text text = { string, string };

	while (*text.end)
		text.end++;
	return text;
}

static void skip_space(struct text *in)
{
	while (in->at < in->end &&
	       (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r'))
		in->at++;
}

static bool take(struct text *in, char want)
{
	skip_space(in);
	if (in->at == in->end || *in->at != want)
		return false;
	in->at++;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * Read one character of a string whose opening quote is read: a byte, or what an escape stands for.
 * -1 at the closing quote, -2 where this is no JSON.
 */
static int next_char(struct text *in)
{
	static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
	int code = 0;
	char c;

	if (in->at == in->end)
		return -2;
	c = *in->at++;
	if (c == '"')
		return -1;
	if ((unsigned char)c < 0x20)
		return -2;
	if (c != '\\')
		return (unsigned char)c;
	if (in->at == in->end)
		return -2;
	c = *in->at++;
	for (const char *escape = escapes; *escape; escape += 2)
		if (c == escape[0])
			return escape[1];
	if (c != 'u' || in->end - in->at < 4)
		return -2;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(*in->at++);

		if (digit < 0)
			return -2;
		code = code * 16 + digit;
	}
	/* Beyond ASCII it is only known to be another one: nothing is compared with that. */
	return code < 0x80 ? code : 0x10000;
}

static bool skip_string(struct text *in)
{
	int c;

	if (!take(in, '"'))
		return false;
	do
		c = next_char(in);
	while (c >= 0);
	return c == -1;
}

static bool skip_digits(struct text *in)
{
	const char *start = in->at;

	while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
		in->at++;
	return in->at > start;
}

static bool skip_number(struct text *in)
{
	take(in, '-');
	if (in->at < in->end && *in->at == '0')
		in->at++;
	else if (!skip_digits(in))
		return false;
	if (in->at < in->end && *in->at == '.') {
		in->at++;
		if (!skip_digits(in))
			return false;
	}
	if (in->at < in->end && (*in->at == 'e' || *in->at == 'E')) {
		in->at++;
		if (in->at < in->end && (*in->at == '+' || *in->at == '-'))
			in->at++;
		return skip_digits(in);
	}
	return true;
}

static bool skip_word(struct text *in, const char *word)
{
	for (; *word; word++)
		if (in->at == in->end || *in->at++ != *word)
			return false;
	return true;
}

/* Read over one value; false where this is no JSON. */
static bool skip_value(struct text *in, int depth)
{
	char close;

	skip_space(in);
	if (in->at == in->end)
		return false;
	switch (*in->at) {
	case '"':
		return skip_string(in);
	case 't':
		return skip_word(in, "true");
	case 'f':
		return skip_word(in, "false");
	case 'n':
		return skip_word(in, "null");
	case '{':
	case '[':
		break;
	default:
		return (*in->at == '-' || (*in->at >= '0' && *in->at <= '9')) && skip_number(in);
	}
	if (depth == MAX_DEPTH)
		return false;
	close = *in->at++ == '{' ? '}' : ']';
	if (take(in, close))
		return true;
	do {
		if (close == '}' && !(skip_string(in) && take(in, ':')))
			return false;
		if (!skip_value(in, depth + 1))
			return false;
	} while (take(in, ','));
	return take(in, close);
}

/* The one value that a text is, without the space around it; nothing where this is no JSON. */
static struct text parse(struct text in)
{
	struct text value, none = {};

	skip_space(&in);
	value.at = in.at;
	if (!skip_value(&in, 0))
		return none;
	value.end = in.at;
	skip_space(&in);
	return in.at == in.end ? value : none;
}

static bool is_object(struct text value)
{
	return value.at && *value.at == '{';
}

static bool is_string(struct text value)
{
	return value.at && *value.at == '"';
}

/* The members of an object, one by one: start with `in` at its brace. */
static bool next_member(struct text *in, struct text *key, struct text *value)
{
	if (!take(in, '{') && !take(in, ','))
		return false;
	skip_space(in);
	key->at = in->at;
	if (!skip_string(in))
		return false;
	key->end = in->at;
	take(in, ':');
	skip_space(in);
	value->at = in->at;
	if (!skip_value(in, 0))
		return false;
	value->end = in->at;
	return true;
}

/* Does a string begin with these ASCII letters; if `whole`, is it these? */
static bool string_is(struct text value, const char *want, bool whole)
{
	if (!is_string(value))
		return false;
	value.at++;
	for (; *want; want++)
		if (next_char(&value) != *want)
			return false;
	return !whole || next_char(&value) == -1;
}

/* The last member with this key, as every parser takes it. */
static struct text member(struct text object, const char *name)
{
	struct text key, value, found = {};

	if (!is_object(object))
		return found;
	while (next_member(&object, &key, &value))
		if (string_is(key, name, true))
			found = value;
	return found;
}

#endif
