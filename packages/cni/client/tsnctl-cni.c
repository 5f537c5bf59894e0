/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CNI plugin "tsnctl": hands its environment and stdin to the node's agent, prints what that
 * answers and exits as it says. VERSION needs no agent. While the agent is away, pods that do not
 * ask for TSN pass. docs/cni.md says what is done when and why; src/agent-protocol.ts owns the form
 * of request and reply.
 */
#include "sys.h"
#include "json.h"

#ifndef AGENT_SOCKET
#define AGENT_SOCKET "/run/tsnctl/agent.sock"
#endif

/* As in src/agent-protocol.ts */
#define MAGIC	   "TSNCTL-CNI 1 "
#define MAX_HEADER 64
#define MAX_ENV	   (64 << 10)
#define MAX_STDIN  (1 << 20)
#define MAX_STDOUT (1 << 20)

#define DEFAULT_TIMEOUT_MS 10000
#define MAX_TIMEOUT_MS	   600000
#define VERSION_WAIT_MS	   250 /* VERSION answers without stdin, too */
#define NETWORK		   "the network config"

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

enum command { ADD, DEL, CHECK, GC, STATUS, VERSION, COMMANDS };

static const struct {
	const char *name;
	bool needs_container, needs_netns, needs_path;
	int since; /* index into versions */
} commands[COMMANDS] = {
	[ADD] = { "ADD", true, true, false, 0 },
	[DEL] = { "DEL", true, false, false, 0 },
	[CHECK] = { "CHECK", true, true, false, 2 },
	[GC] = { "GC", false, false, true, 4 },
	[STATUS] = { "STATUS", false, false, false, 4 },
	[VERSION] = { "VERSION", false, false, false, 0 },
};

static const char *const versions[] = { "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0" };
#define NEWEST 4

static struct {
	enum command command;
	int version;
	struct text prev_result;
	struct text annotations;
	enum { AUTO, ERROR, PASS } on_agent_down;
	struct sockaddr_un socket;
	int64_t timeout_ms;
} call = {
	.version = NEWEST,
	.socket = { AF_UNIX, AGENT_SOCKET },
	.timeout_ms = DEFAULT_TIMEOUT_MS,
};

static char stdin_buffer[MAX_STDIN + 1];
static char env_buffer[MAX_ENV];
static char reply_buffer[MAX_HEADER + MAX_STDOUT];
static char out_buffer[4096];
static size_t out_size;

static void write_all(struct text text)
{
	while (text.at < text.end) {
		long written = sys3(NR_write, 1, text.at, text.end - text.at);

		if (written == -EINTR)
			continue;
		if (written <= 0)
			sys_exit(1);
		text.at += written;
	}
}

static void put(const char *string)
{
	while (*string && out_size < sizeof(out_buffer))
		out_buffer[out_size++] = *string++;
}

static void put_number(uint64_t number)
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
		bool plain = c[0] >= 0x20 && c[0] < 0x7f && c[0] != '"' && c[0] != '\\';

		put(plain ? c : "?");
	}
}

static struct text take_out(void)
{
	struct text out = { out_buffer, out_buffer + out_size };

	out_size = 0;
	return out;
}

/* An error of the spec; what follows up to end_error() are its details. */
static void begin_error(int code, const char *message, const char *about)
{
	put("{\"cniVersion\":\"");
	put(versions[call.version]);
	put("\",\"code\":");
	put_number(code);
	put(",\"msg\":\"");
	put(message);
	put_quoted(about);
	put("\",\"details\":\"");
}

static _Noreturn void end_error(void)
{
	put("\"}");
	write_all(take_out());
	sys_exit(1);
}

static _Noreturn void fail(int code, const char *message, const char *about)
{
	begin_error(code, message, about);
	end_error();
}

/* The environment */

static const char *variable(char **env, const char *name)
{
	for (; *env; env++) {
		const char *at = *env, *want = name;

		while (*want && *at == *want)
			at++, want++;
		if (!*want && *at == '=')
			return at + 1;
	}
	return "";
}

static bool is_alphanumeric(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool in_name(int c, bool first)
{
	return is_alphanumeric(c) || (!first && (c == '_' || c == '.' || c == '-'));
}

static bool is_ifname(const char *name)
{
	int length = 0;

	for (; name[length]; length++)
		if (name[length] == '/' || name[length] == ':' || name[length] == ' ' ||
		    (name[length] >= '\t' && name[length] <= '\r'))
			return false;
	return length < 16 && !(name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])));
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void require(const char *value, const char *name)
{
	if (!*value)
		fail(INVALID_ENVIRONMENT, "required environment variables are missing: ", name);
}

static void read_environment(char **env)
{
	const char *command = variable(env, "CNI_COMMAND");
	const char *id = variable(env, "CNI_CONTAINERID");
	const char *ifname = variable(env, "CNI_IFNAME");

	require(command, "CNI_COMMAND");
	while (call.command < COMMANDS && !same(command, commands[call.command].name))
		call.command++;
	if (call.command == COMMANDS)
		fail(INVALID_ENVIRONMENT, "CNI_COMMAND is unknown: ", command);
	if (commands[call.command].needs_netns)
		require(variable(env, "CNI_NETNS"), "CNI_NETNS");
	if (commands[call.command].needs_path)
		require(variable(env, "CNI_PATH"), "CNI_PATH");
	if (!commands[call.command].needs_container)
		return;
	require(id, "CNI_CONTAINERID");
	require(ifname, "CNI_IFNAME");
	for (int i = 0; id[i]; i++)
		if (!in_name(id[i], i == 0))
			fail(INVALID_ENVIRONMENT, "CNI_CONTAINERID is no container id: ", id);
	if (!is_ifname(ifname))
		fail(INVALID_ENVIRONMENT, "CNI_IFNAME is no name of an interface: ", ifname);
}

/* Stdin */

static struct text read_stdin(int64_t wait_ms)
{
	struct text in = { stdin_buffer, stdin_buffer };
	int64_t deadline_ms = now_ms() + wait_ms;

	while (in.end < stdin_buffer + sizeof(stdin_buffer)) {
		long got;

		if (!wait_for(0, POLLIN, deadline_ms))
			fail(IO_FAILURE, NETWORK " on stdin does not end", "");
		got = sys3(NR_read, 0, in.end, stdin_buffer + sizeof(stdin_buffer) - in.end);
		if (got == -EINTR)
			continue;
		if (got < 0)
			fail(IO_FAILURE, "stdin cannot be read", "");
		if (got == 0)
			return in;
		in.end += got;
	}
	fail(INVALID_CONFIG, NETWORK " is longer than 1048576 bytes", "");
}

static int version_index(struct text value)
{
	for (int i = 0; i <= NEWEST; i++)
		if (string_is(value, versions[i], true))
			return i;
	return -1;
}

/* One to three numbers with dots between; an empty one stands for 0.1.0. */
static bool is_version(struct text value)
{
	int parts = 1, digits = 0, c;

	for (value.at++; (c = next_char(&value)) >= 0;) {
		if (c == '.' && digits)
			parts++, digits = 0;
		else if (c >= '0' && c <= '9' && digits < 9)
			digits++;
		else
			return false;
	}
	return (digits && parts <= 3) || (!digits && parts == 1);
}

static void read_version(struct text value)
{
	int version = value.at && *value.at != 'n' ? version_index(value) : -1;

	if (value.at && *value.at != 'n' && (!is_string(value) || !is_version(value)))
		fail(DECODING_FAILURE, "cniVersion is not a version", "");
	if (version < 0)
		fail(INCOMPATIBLE_VERSION, "this cniVersion is not supported", "");
	call.version = version;
	if (version < commands[call.command].since)
		fail(INCOMPATIBLE_VERSION, "this cniVersion has no ", commands[call.command].name);
}

static void read_name(struct text value)
{
	int length = 0, c;

	if (value.at && *value.at != 'n' && !is_string(value))
		fail(DECODING_FAILURE, "the network's name is not a string", "");
	if (is_string(value))
		for (value.at++; (c = next_char(&value)) >= 0; length++)
			if (!in_name(c, length == 0))
				fail(INVALID_CONFIG, "the network's name is no name", "");
	if (length == 0)
		fail(INVALID_CONFIG, NETWORK " has no name", "");
}

/* A slip in the settings must not keep pods from going: DEL and GC do with what is the default. */
static void bad_setting(const char *message)
{
	if (call.command != DEL && call.command != GC)
		fail(INVALID_CONFIG, message, "");
}

static void read_mode(struct text value)
{
	if (string_is(value, "error", true))
		call.on_agent_down = ERROR;
	else if (string_is(value, "pass", true))
		call.on_agent_down = PASS;
	else if (value.at && !string_is(value, "auto", true))
		bad_setting("onAgentDown is none of auto, error and pass");
}

static void read_timeout(struct text value)
{
	int64_t ms = 0;

	if (!value.at)
		return;
	for (; value.at < value.end && *value.at >= '0' && *value.at <= '9' && ms <= MAX_TIMEOUT_MS;
	     value.at++)
		ms = ms * 10 + *value.at - '0';
	if (value.at == value.end && ms >= 1 && ms <= MAX_TIMEOUT_MS)
		call.timeout_ms = ms;
	else
		bad_setting("timeoutMs is no whole number from 1 to 600000");
}

static void read_socket(struct text value)
{
	struct sockaddr_un named = { .sun_family = AF_UNIX };
	size_t length = 0;
	int c = -2;

	if (is_string(value))
		for (value.at++; (c = next_char(&value)) > 0 && c <= 0xff; length++)
			if (length < sizeof(named.sun_path) - 1)
				named.sun_path[length] = c;
	if (c == -1 && named.sun_path[0] == '/' && length < sizeof(named.sun_path))
		call.socket = named;
	else if (value.at)
		bad_setting("socket is no absolute path of at most 107 bytes");
}

static void read_config(struct text in)
{
	struct text config = parse(in);
	struct text runtime_config;

	if (!is_object(config))
		fail(DECODING_FAILURE, NETWORK " on stdin is not a JSON object", "");
	read_name(member(config, "name"));
	read_version(member(config, "cniVersion"));
	runtime_config = member(config, "runtimeConfig");
	call.annotations = member(runtime_config, "io.kubernetes.cri.pod-annotations");
	call.prev_result = member(config, "prevResult");
	if (runtime_config.at && *runtime_config.at != 'n' && !is_object(runtime_config))
		fail(DECODING_FAILURE, "runtimeConfig is not an object", "");
	if (call.prev_result.at && *call.prev_result.at == 'n')
		call.prev_result.at = NULL;
	if (call.prev_result.at && !is_object(call.prev_result))
		fail(DECODING_FAILURE, "prevResult is not an object", "");
	read_mode(member(config, "onAgentDown"));
	read_timeout(member(config, "timeoutMs"));
	read_socket(member(config, "socket"));
}

/* What is done without an agent */

static bool pod_asks(void)
{
	struct text in = call.annotations, key, value;

	if (is_object(in))
		while (next_member(&in, &key, &value))
			if (string_is(key, "tsnctl.dev/", false))
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
		put("\"");
		result.at++;
		rest = result;
		put(take(&rest, '}') ? "" : ",");
		write_all(take_out());
	}
	write_all(result);
	sys_exit(0);
}

static _Noreturn void without_agent(int code, const char *why)
{
	bool asks = pod_asks();

	if (call.command == STATUS && call.on_agent_down == ERROR)
		code = NOT_AVAILABLE;
	else if (call.command != ADD)
		sys_exit(0);
	else if (call.on_agent_down == PASS || (call.on_agent_down == AUTO && !asks))
		pass();
	begin_error(code, "the tsnctl agent of this node gives no answer: ", why);
	put("socket ");
	put_quoted(call.socket.sun_path);
	put(asks ? "; this pod asks for TSN (an annotation tsnctl.dev/...) and waits for it" : "");
	put(". Try: start the agent (systemctl start tsnctl-agent, or look at its pod: "
	    "kubectl get pods -A -l app.kubernetes.io/name=tsnctl); the pod then starts by itself");
	end_error();
}

/* The agent */

static int connect_agent(int64_t deadline_ms)
{
	int64_t left = deadline_ms - now_ms();
	struct timespec64 timeout = { left / 1000, left % 1000 * 1000 };
	long fd = sys3(NR_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long refused;

	/* This bounds connect(2), too: it waits while the agent's queue is full. */
	sys(NR_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)&timeout, sizeof(timeout), 0);
	refused = sys3(NR_connect, fd, &call.socket, sizeof(call.socket));
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

/* False where the agent wants no more: it has answered already, or is gone. */
static bool send_all(int fd, struct text text, int64_t deadline_ms)
{
	while (text.at < text.end) {
		long sent = sys(NR_sendto, fd, (long)text.at, text.end - text.at,
				MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
		short ready;

		if (sent > 0)
			text.at += sent;
		if (sent > 0 || sent == -EINTR)
			continue;
		if (sent != -EAGAIN)
			return false;
		ready = wait_for(fd, POLLIN | POLLOUT, deadline_ms);
		if (!ready)
			without_agent(TRY_AGAIN_LATER, "it does not read in time");
		if (!(ready & POLLOUT))
			return false;
	}
	return true;
}

static struct text environment_block(char **env)
{
	struct text block = { env_buffer, env_buffer };
	char *to = env_buffer;

	for (; *env; env++) {
		struct text pair = literal(*env);

		if (!skip_word(&pair, "CNI_"))
			continue;
		pair.at = *env;
		if (pair.end - pair.at >= env_buffer + sizeof(env_buffer) - to)
			fail(INVALID_ENVIRONMENT, "the CNI_ variables are too long", "");
		memcpy(to, pair.at, pair.end - pair.at + 1);
		to += pair.end - pair.at + 1;
	}
	block.end = to;
	return block;
}

/* A decimal number without sign or leading zero, and what ends it. */
static bool take_number(struct text *in, long most, char end, long *number)
{
	const char *start = in->at;

	for (*number = 0; in->at < in->end && *in->at >= '0' && *in->at <= '9'; in->at++) {
		*number = *number * 10 + *in->at - '0';
		if (*number > most || (*start == '0' && in->at > start))
			return false;
	}
	return in->at > start && in->at < in->end && *in->at++ == end;
}

/* Print the reply, if it is whole: whatever the agent does wrong ends in words, and in time. */
static _Noreturn void receive_reply(int fd, int64_t deadline_ms)
{
	struct text got = { reply_buffer, reply_buffer };
	struct text body = {};
	long exit_code = 0, size = 0;

	for (;;) {
		long more = sys(NR_recvfrom, fd, (long)got.end,
				reply_buffer + sizeof(reply_buffer) - got.end, MSG_DONTWAIT, 0, 0);
		struct text line = got;

		if (more == -EAGAIN && !wait_for(fd, POLLIN, deadline_ms))
			without_agent(TRY_AGAIN_LATER, "it does not answer in time");
		if (more == -EAGAIN || more == -EINTR)
			continue;
		if (more <= 0)
			without_agent(TRY_AGAIN_LATER, "it went away while it was asked");
		got.end += more;
		while (!body.at && line.at < got.end && line.at < reply_buffer + MAX_HEADER &&
		       *line.at != '\n')
			line.at++;
		if (!body.at && line.at < got.end) {
			line = (struct text){ got.at, got.end };
			if (!skip_word(&line, MAGIC) || !take_number(&line, 255, ' ', &exit_code) ||
			    !take_number(&line, MAX_STDOUT, '\n', &size))
				without_agent(INTERNAL, "what it says is no reply");
			body.at = line.at;
		}
		if (!body.at)
			continue;
		if (got.end - body.at > size)
			without_agent(INTERNAL, "its reply is longer than it says");
		if (got.end - body.at == size)
			break;
	}
	body.end = got.end;
	if (size > 0 ? !is_object(parse(body)) : exit_code != 0 || call.command == ADD)
		without_agent(INTERNAL, "its reply is not a JSON object");
	write_all(body);
	sys_exit(exit_code);
}

static _Noreturn void ask_agent(char **env, struct text in)
{
	int64_t deadline_ms = now_ms() + call.timeout_ms;
	struct text block = environment_block(env);
	int fd = connect_agent(deadline_ms);

	put(MAGIC);
	put_number(block.end - block.at);
	put(" ");
	put_number(in.end - in.at);
	put("\n");
	if (send_all(fd, take_out(), deadline_ms) && send_all(fd, block, deadline_ms))
		send_all(fd, in, deadline_ms);
	receive_reply(fd, deadline_ms);
}

/* VERSION: stdin may say a version, which is repeated if it is spoken here. */
static _Noreturn void answer_version(void)
{
	struct text in = { stdin_buffer, stdin_buffer };
	int64_t deadline_ms = now_ms() + VERSION_WAIT_MS;
	int version;
	long got = 0;

	do {
		in.end += got;
		if (!wait_for(0, POLLIN, deadline_ms))
			break;
		got = sys3(NR_read, 0, in.end, stdin_buffer + sizeof(stdin_buffer) - in.end);
	} while (got > 0);
	version = version_index(member(parse(in), "cniVersion"));
	put("{\"cniVersion\":\"");
	put(versions[version < 0 ? NEWEST : version]);
	put("\",\"supportedVersions\":[");
	for (int i = 0; i <= NEWEST; i++) {
		put(i ? ",\"" : "\"");
		put(versions[i]);
		put("\"");
	}
	put("]}");
	write_all(take_out());
	sys_exit(0);
}

static _Noreturn void client(char **env)
{
	struct text in;

	read_environment(env);
	if (call.command == VERSION)
		answer_version();
	in = read_stdin(DEFAULT_TIMEOUT_MS);
	read_config(in);
	ask_agent(env, in);
}
