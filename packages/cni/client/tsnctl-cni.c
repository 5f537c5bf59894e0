/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CNI plugin "tsnctl": hands its environment and stdin to the node's agent, prints what that
 * answers and exits as it says. VERSION needs no agent. While the agent is away, pods that do not
 * ask for TSN pass. docs/cni.md says what is done when and why; src/agent-protocol.ts owns the form
 * of request and reply.
 */
#include "input.h"

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
