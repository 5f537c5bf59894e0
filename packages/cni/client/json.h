/* SPDX-License-Identifier: Apache-2.0 */
/* Finds values in a JSON text. As strict as JSON.parse. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_DEPTH 128	    /* as in src/json.ts */
#define MAX_TEXT  (1 << 20) /* of what strings are read from */

/* A piece of text; at == NULL is a value that is not there. */
struct text {
	const char *at;
	const char *end;
};

static int index_in(const char *set, char c)
{
	for (int i = 0; set[i]; i++)
		if (set[i] == c)
			return i;
	return -1;
}

/* What comes behind these first letters; NULL where it begins with others. */
static const char *after(const char *first, const char *string)
{
	while (*first && *first == *string)
		first++, string++;
	return *first ? NULL : string;
}

static bool same(const char *a, const char *b)
{
	const char *rest = after(a, b);

	return rest && !*rest;
}

/* Read over one character, if it is one of these. */
static bool take(struct text *in, const char *set)
{
	if (in->at == in->end || index_in(set, *in->at) < 0)
		return false;
	in->at++;
	return true;
}

static void skip_space(struct text *in)
{
	while (take(in, " \t\r\n"))
		;
}

static bool take_mark(struct text *in, const char *mark)
{
	skip_space(in);
	return take(in, mark);
}

/* Read over a word, as far as it is there. */
static bool take_word(struct text *in, const char *word)
{
	while (*word && in->at < in->end && *in->at == *word)
		in->at++, word++;
	return !*word;
}

static bool take_digits(struct text *in)
{
	const char *start = in->at;

	while (take(in, "0123456789"))
		;
	return in->at > start;
}

static bool skip_number(struct text *in)
{
	take(in, "-");
	if (!take(in, "0") && !take_digits(in))
		return false;
	if (take(in, ".") && !take_digits(in))
		return false;
	if (!take(in, "eE"))
		return true;
	take(in, "+-");
	return take_digits(in);
}

enum { STRING_END = -1, NO_JSON = -2 };
#define NO_TEXT '\xff'

/*
 * Read one character of a string: a byte, or what an escape stands for. NUL and what is beyond ASCII
 * become a byte that no text has: nothing is compared with these.
 */
static int next_char(struct text *in)
{
	int c = in->at < in->end ? (unsigned char)*in->at++ : 0, at, code = 0;

	if (c == '"')
		return STRING_END;
	if (c != '\\')
		return c < 0x20 ? NO_JSON : c;
	if (!take(in, "u")) {
		at = in->at < in->end ? index_in("\"\\/bfnrt", *in->at++) : -1;
		return at < 0 ? NO_JSON : "\"\\/\b\f\n\r\t"[at];
	}
	for (int i = 0; i < 4; i++) {
		at = in->at < in->end ? index_in("0123456789abcdefABCDEF", *in->at++) : -1;
		if (at < 0)
			return NO_JSON;
		code = code * 16 + (at < 16 ? at : at - 6);
	}
	return code > 0 && code < 0x80 ? code : (unsigned char)NO_TEXT;
}

static bool skip_string(struct text *in)
{
	int c = NO_JSON;

	if (take_mark(in, "\""))
		while ((c = next_char(in)) >= 0)
			;
	return c == STRING_END;
}

static bool skip_value(struct text *in, int depth)
{
	const char *close;

	skip_space(in);
	switch (in->at < in->end ? *in->at : 0) {
	case '"':
		return skip_string(in);
	case 't':
		return take_word(in, "true");
	case 'f':
		return take_word(in, "false");
	case 'n':
		return take_word(in, "null");
	case '{':
	case '[':
		break;
	default:
		return skip_number(in);
	}
	if (depth == MAX_DEPTH)
		return false;
	close = *in->at++ == '{' ? "}" : "]";
	if (take_mark(in, close))
		return true;
	do {
		if (*close == '}' && !(skip_string(in) && take_mark(in, ":")))
			return false;
		if (!skip_value(in, depth + 1))
			return false;
	} while (take_mark(in, ","));
	return take_mark(in, close);
}

/* The value that a text begins with, without the space before it; nothing where there is none. */
static struct text take_value(struct text *in)
{
	struct text value, none = {};

	skip_space(in);
	value.at = in->at;
	if (!skip_value(in, 0))
		return none;
	value.end = in->at;
	return value;
}

/* The one value that a text is; nothing where it is no JSON. */
static struct text parse(struct text in)
{
	struct text value = take_value(&in), none = {};

	skip_space(&in);
	return in.at == in.end ? value : none;
}

static bool is_object(struct text value)
{
	return value.at && *value.at == '{';
}

/* The members of an object that was parsed, one by one: start with `in` at its brace. */
static bool next_member(struct text *in, struct text *key, struct text *value)
{
	if (!take_mark(in, "{") && !take_mark(in, ","))
		return false;
	*key = take_value(in);
	take_mark(in, ":");
	*value = take_value(in);
	return key->at != NULL;
}

/* What a string says, until the next one is asked for; empty without a value, NULL if it is no string. */
static const char *string_of(struct text value)
{
	static char string[MAX_TEXT + 1];
	size_t length = 0;
	int c;

	if (!value.at)
		return "";
	if (*value.at++ != '"')
		return NULL;
	while ((c = next_char(&value)) >= 0 && length < MAX_TEXT)
		string[length++] = c;
	string[length] = 0;
	return string;
}

/* The last member with this name, as every parser takes it; null is as good as none. */
static struct text member(struct text object, const char *name)
{
	struct text key, value, none = {}, found = none;

	while (next_member(&object, &key, &value))
		if (same(string_of(key), name))
			found = value;
	return found.at && *found.at == 'n' ? none : found;
}

#endif
