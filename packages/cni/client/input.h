/* SPDX-License-Identifier: Apache-2.0 */
/* Environment and stdin, read and checked: a call that is malformed gets the spec's code, agent or not. */
#ifndef INPUT_H
#define INPUT_H

#include "output.h"

/* The environment */

static const char *variable(char **env, const char *name)
{
	for (; *env; env++) {
		const char *rest = after(name, *env);

		if (rest && *rest == '=')
			return rest + 1;
	}
	return "";
}

/* Of a container or a network */
static bool is_name(const char *name)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	for (const char *at = name; *at; at++)
		if (index_in(first, *at) < 0 && (at == name || index_in("_.-", *at) < 0))
			return false;
	return *name != 0;
}

static bool is_ifname(const char *name)
{
	size_t length = 0;

	while (name[length])
		if (index_in("/: \t\n\v\f\r", name[length++]) >= 0)
			return false;
	return length < 16 && !same(name, ".") && !same(name, "..");
}

#define MISSING "required environment variables are missing: "

static void read_environment(char **env)
{
	const char *command = variable(env, "CNI_COMMAND");

	if (!*command)
		fail(INVALID_ENVIRONMENT, MISSING, "CNI_COMMAND");
	while (call.command < COMMANDS && !same(command, commands[call.command].name))
		call.command++;
	if (call.command == COMMANDS)
		fail(INVALID_ENVIRONMENT, "CNI_COMMAND is unknown: ", command);
	for (const char *const *name = commands[call.command].needs; *name; name++) {
		const char *value = variable(env, *name);

		if (!*value)
			fail(INVALID_ENVIRONMENT, MISSING, *name);
		if (same(*name, "CNI_CONTAINERID") && !is_name(value))
			fail(INVALID_ENVIRONMENT, "CNI_CONTAINERID is no container id: ", value);
		if (same(*name, "CNI_IFNAME") && !is_ifname(value))
			fail(INVALID_ENVIRONMENT, "CNI_IFNAME is no name of an interface: ", value);
	}
}

/* Stdin */

/* Read it to its end, or as far as it comes in time; 0, or the error's code. */
static int read_stdin(int64_t wait_ms)
{
	int64_t deadline_ms = now_ms() + wait_ms;

	while (config.end < request + sizeof(request)) {
		long got = -1;

		if (wait_for(0, POLLIN, deadline_ms))
			got = sys3(SYS_read, 0, config.end, request + sizeof(request) - config.end);
		if (got == 0)
			return 0;
		if (got < 0)
			return IO_FAILURE;
		config.end += got;
	}
	return INVALID_CONFIG;
}

/* One to three numbers with dots between; an empty one stands for 0.1.0. */
static bool is_version(const char *version)
{
	int parts = 1, digits = 0;

	for (; *version; version++) {
		if (*version == '.' && digits)
			parts++, digits = 0;
		else if (*version >= '0' && *version <= '9' && digits < 9)
			digits++;
		else
			return false;
	}
	return digits ? parts <= 3 : parts == 1;
}

/* Which of these words it is, or -1. */
static int index_of(const char *word, const char *const *words)
{
	for (int i = 0; word && words[i]; i++)
		if (same(word, words[i]))
			return i;
	return -1;
}

static void read_version(struct text value)
{
	const char *version = string_of(value);

	if (!version || !is_version(version))
		fail(DECODING_FAILURE, "cniVersion is not a version", "");
	if (index_of(version, versions) < 0)
		fail(INCOMPATIBLE_VERSION, "this cniVersion is not supported: ", version);
	call.version = index_of(version, versions);
	if (call.version < commands[call.command].since)
		fail(INCOMPATIBLE_VERSION, "this cniVersion has no ", commands[call.command].name);
}

/* A slip in the settings must not keep pods from going: DEL and GC do with what is the default. */
static void bad_setting(const char *message)
{
	if (call.command != DEL && call.command != GC)
		fail(INVALID_CONFIG, message, "");
}

static void read_mode(struct text value)
{
	static const char *const modes[] = { "auto", "error", "pass", NULL };
	int mode = value.at ? index_of(string_of(value), modes) : AUTO;

	if (mode < 0)
		bad_setting("onAgentDown is none of auto, error and pass");
	else
		call.on_agent_down = mode;
}

/* A decimal number without sign or leading zeros. */
static bool take_number(struct text *in, long most, long *number)
{
	const char *start = in->at;

	for (*number = 0; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		*number = *number * 10 + *in->at - '0';
		if (*number > most || (*start == '0' && in->at > start))
			return false;
	}
	return in->at > start;
}

static void read_timeout(struct text value)
{
	long ms;

	if (!value.at)
		return;
	if (take_number(&value, MAX_TIMEOUT_MS, &ms) && value.at == value.end && ms > 0)
		call.timeout_ms = ms;
	else
		bad_setting("timeoutMs is no whole number from 1 to 600000");
}

static void read_socket(struct text value)
{
	static struct sockaddr_un named = { .sun_family = AF_UNIX };
	const char *path = string_of(value);
	size_t length = 0;

	for (; path && path[length] && length < sizeof(named.sun_path) - 1; length++)
		named.sun_path[length] = path[length];
	if (path && *path == '/' && !path[length] && index_in(path, NO_TEXT) < 0)
		call.socket = &named;
	else if (value.at)
		bad_setting("socket is no absolute path of at most 107 bytes");
}

static void read_config(void)
{
	struct text object = parse(config), runtime_config;
	const char *name;

	if (!is_object(object))
		fail(DECODING_FAILURE, "the network config on stdin is not a JSON object", "");
	name = string_of(member(object, "name"));
	if (!name)
		fail(DECODING_FAILURE, "the network's name is not a string", "");
	if (!*name)
		fail(INVALID_CONFIG, "the network config has no name", "");
	if (!is_name(name))
		fail(INVALID_CONFIG, "the network's name is no name: ", name);
	read_version(member(object, "cniVersion"));
	runtime_config = member(object, "runtimeConfig");
	if (runtime_config.at && !is_object(runtime_config))
		fail(DECODING_FAILURE, "runtimeConfig is not an object", "");
	call.annotations = member(runtime_config, "io.kubernetes.cri.pod-annotations");
	call.prev_result = member(object, "prevResult");
	if (call.prev_result.at && !is_object(call.prev_result))
		fail(DECODING_FAILURE, "prevResult is not an object", "");
	read_mode(member(object, "onAgentDown"));
	read_timeout(member(object, "timeoutMs"));
	read_socket(member(object, "socket"));
}

#endif /* INPUT_H */
