/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the plugin, in the words of the CNI spec, and the request that the agent gets. */
#ifndef CALL_H
#define CALL_H

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

#endif /* CALL_H */
