/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CNI plugin "tsnctl": hands its environment and stdin to the node's agent, prints what that
 * answers and exits as it says. VERSION needs no agent. While the agent is away, pods that do not
 * ask for TSN pass. docs/cni.md says what is done when and why; src/agent-protocol.ts owns the form
 * of request and reply.
 */
#include "json.h"
#include "sys.h"

#ifndef AGENT_SOCKET
#define AGENT_SOCKET "/run/tsnctl/agent.sock"
#endif

/* As in src/agent-protocol.ts */
#define MAGIC	   "TSNCTL-CNI 1 "
#define MAX_HEADER 64
#define MAX_ENV	   (64 << 10)
#define MAX_STDIN  MAX_TEXT
#define MAX_STDOUT (1 << 20)

#define DEFAULT_TIMEOUT_MS 10000
#define MAX_TIMEOUT_MS	   600000
#define VERSION_WAIT_MS	   250 /* VERSION answers without stdin, too */

/* Spec, section 5, "Error" */
enum {
	INCOMPATIBLE_VERSION = 1,
	INVALID_ENVIRONMENT = 4,
	IO_FAILURE = 5,
	DECODING_FAILURE = 6,
	INVALID_CONFIG = 7,
	TRY_AGAIN_LATER = 11,
	NOT_AVAILABLE = 50,
	INTERNAL = 999,
};

static const char *const versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL };
#define NEWEST 4

enum command { ADD, DEL, CHECK, GC, STATUS, VERSION, COMMANDS };

/* Spec, section 2 */
static const struct {
	const char *name;
	int since; /* index into versions */
	const char *needs[4];
} commands[COMMANDS] = {
	[ADD] = { "ADD", 0, { "CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS" } },
	[DEL] = { "DEL", 0, { "CNI_CONTAINERID", "CNI_IFNAME" } },
	[CHECK] = { "CHECK", 2, { "CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS" } },
	[GC] = { "GC", 4, { "CNI_PATH" } },
	[STATUS] = { "STATUS", 4, {} },
	[VERSION] = { "VERSION", 0, {} },
};

static struct {
	enum command command;
	int version;
	struct text prev_result;
	struct text annotations;
	enum { AUTO, ERROR, PASS } on_agent_down;
	const struct sockaddr_un *socket;
	long timeout_ms;
} call = {
	.version = NEWEST,
	.socket = &(const struct sockaddr_un){ AF_UNIX, AGENT_SOCKET },
	.timeout_ms = DEFAULT_TIMEOUT_MS,
};

/* The request in one piece: stdin is read to its end, then variables and header are put before it. */
static char request[MAX_HEADER + MAX_ENV + MAX_STDIN + 1];
#define STDIN_AT (request + MAX_HEADER + MAX_ENV)
static char *request_at = STDIN_AT;
static struct text config = { STDIN_AT, STDIN_AT };

/* Output */

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

/* What is done without an agent */

static bool pod_asks(void)
{
	struct text in = call.annotations, key, value;

	while (next_member(&in, &key, &value))
		if (after("tsnctl.dev/", string_of(key)))
			return true;
	return false;
}

/* prevResult as it came; a runtime that left its version out would miss it, so that is put in. */
static _Noreturn void pass(void)
{
	struct text result = call.prev_result, rest;

	if (!result.at)
		fail(INVALID_CONFIG, "no prevResult: this plugin comes after another one", "");
	if (!member(result, "cniVersion").at) {
		put("{\"cniVersion\":\"");
		put(versions[call.version]);
		rest = (struct text){ ++result.at, result.end };
		put(take_mark(&rest, "}") ? "\"" : "\",");
	}
	answer(0, result);
}

static _Noreturn void without_agent(int code, const char *why)
{
	bool asks = pod_asks();

	if (call.command == STATUS && call.on_agent_down == ERROR)
		code = NOT_AVAILABLE;
	else if (call.command != ADD)
		answer(0, nothing);
	else if (call.on_agent_down == PASS || (call.on_agent_down == AUTO && !asks))
		pass();
	begin_error(code, "the tsnctl agent of this node gives no answer: ", why);
	put("\",\"details\":\"socket ");
	put_quoted(call.socket->sun_path);
	put(asks ? "; this pod asks for TSN (an annotation tsnctl.dev/...) and waits for it" : "");
	put(". Try: start the agent (systemctl start tsnctl-agent, or look at its pod: kubectl get "
	    "pods -A -l app.kubernetes.io/name=tsnctl); the pod then starts by itself\"}");
	answer(1, nothing);
}

/* The agent */

static void prepend(struct text text)
{
	while (text.end > text.at)
		*--request_at = *--text.end;
}

static void make_request(char **env)
{
	for (; *env; env++) {
		struct text pair = { *env, *env };

		if (!after("CNI_", *env))
			continue;
		while (*pair.end++) /* with its NUL */
			;
		if (pair.end - pair.at > request_at - request - MAX_HEADER)
			fail(INVALID_ENVIRONMENT, "the CNI_ variables are too long", "");
		prepend(pair);
	}
	put(MAGIC);
	put_number(config.at - request_at);
	put(" ");
	put_number(config.end - config.at);
	put("\n");
	prepend(written);
	written.end = out;
}

static int connect_agent(void)
{
	struct timeval timeout = { call.timeout_ms / 1000, call.timeout_ms % 1000 * 1000 };
	long fd = sys3(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long refused;

	/* This bounds connect(2): it waits while the agent's queue is full. */
	sys(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)&timeout, sizeof(timeout), 0);
	refused = sys3(SYS_connect, fd, call.socket, sizeof(*call.socket));
	if (refused == -ENOENT)
		without_agent(TRY_AGAIN_LATER, "it has no socket");
	if (refused == -ECONNREFUSED)
		without_agent(TRY_AGAIN_LATER, "it does not run");
	if (refused == -EACCES || refused == -EPERM)
		without_agent(TRY_AGAIN_LATER, "its socket may not be used");
	if (refused < 0)
		without_agent(TRY_AGAIN_LATER, "its socket takes no connection in time");
	return fd;
}

/* Prints the reply as soon as it is whole: whatever the agent does wrong ends in words. */
static void judge(struct text reply)
{
	struct text body = reply;
	long code, size;

	if (!take_word(&body, MAGIC) || !take_number(&body, 255, &code) || !take(&body, " ") ||
	    !take_number(&body, MAX_STDOUT, &size) || !take(&body, "\n")) {
		if (body.at < body.end)
			without_agent(INTERNAL, "what it says is no reply");
		return;
	}
	if (body.end - body.at > size)
		without_agent(INTERNAL, "its reply is longer than it says");
	if (body.end - body.at < size)
		return;
	if (size > 0 ? !is_object(parse(body)) : code != 0 || call.command == ADD)
		without_agent(INTERNAL, "its reply is not a JSON object");
	answer(code, body);
}

/* Send and receive in turns, as the agent may answer before it has read all. */
static _Noreturn void ask_agent(void)
{
	static char buffer[MAX_HEADER + MAX_STDOUT];
	struct text reply = { buffer, buffer };
	int64_t deadline_ms = now_ms() + call.timeout_ms;
	int fd = connect_agent();

	for (;;) {
		long left = config.end - request_at, size;
		short ready = wait_for(fd, left > 0 ? POLLIN | POLLOUT : POLLIN, deadline_ms);

		if (!ready)
			without_agent(TRY_AGAIN_LATER, "it does not answer in time");
		if (ready == POLLOUT) {
			size = sys(SYS_sendto, fd, (long)request_at, left,
				   MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
			if (size > 0)
				request_at += size;
			else if (size != -EAGAIN)
				request_at += left; /* it reads no more, but may have answered */
			continue;
		}
		size = sys3(SYS_read, fd, reply.end, buffer + sizeof(buffer) - reply.end);
		if (size <= 0)
			without_agent(TRY_AGAIN_LATER, "it went away while it was asked");
		reply.end += size;
		judge(reply);
	}
}

/* VERSION: stdin may say a version, which is repeated if it is spoken here. */
static _Noreturn void answer_version(void)
{
	int version = index_of(string_of(member(parse(config), "cniVersion")), versions);

	put("{\"cniVersion\":\"");
	put(versions[version < 0 ? NEWEST : version]);
	put("\",\"supportedVersions\":[\"");
	for (int i = 0; i <= NEWEST; i++) {
		put(i ? "\",\"" : "");
		put(versions[i]);
	}
	put("\"]}");
	answer(0, nothing);
}

static _Noreturn void client(char **env)
{
	int unread;

	read_environment(env);
	unread = read_stdin(call.command == VERSION ? VERSION_WAIT_MS : DEFAULT_TIMEOUT_MS);
	if (call.command == VERSION)
		answer_version();
	if (unread == IO_FAILURE)
		fail(unread, "the network config on stdin cannot be read, or does not end", "");
	if (unread == INVALID_CONFIG)
		fail(unread, "the network config is longer than 1048576 bytes", "");
	read_config();
	make_request(env);
	ask_agent();
}
