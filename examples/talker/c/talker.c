/* SPDX-License-Identifier: Apache-2.0
 *
 * The talker in C: the same command line, wire format and messages as src/main.ts, and three flags more.
 *
 *     cc -O2 -Wall -o talker talker.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SO_TXTIME
#define SO_TXTIME 61
#define SCM_TXTIME SO_TXTIME
#endif

#define RECORD_MAGIC	  0x4e535431
#define REPLY_SECONDS	  1
#define CONNECT_SECONDS	  5
#define MAX_CONNECTIONS	  256
#define MAX_BATCH	  64 /* UDP_MAX_SEGMENTS of older kernels */
#define MAX_BYTES	  65472

/* Owned by src/record.ts. */
struct talker_record {
	uint32_t magic;
	uint32_t flow;
	uint32_t seq;
	uint32_t priority;
	uint64_t launch_time_ns;
	uint32_t clock;
	uint8_t zero[36];
} __attribute__((packed));
_Static_assert(sizeof(struct talker_record) == 64, "layout");

enum record_clock { RECORD_CLOCK_NONE, RECORD_CLOCK_MONO, RECORD_CLOCK_TAI };

static const clockid_t clock_ids[] = { 0, CLOCK_MONOTONIC, CLOCK_TAI };

struct options {
	const char *to;
	const char *bind;
	const char *device;
	int port;
	int type; /* SOCK_DGRAM, SOCK_STREAM, 0 not said */
	int priority; /* -1 not asked for */
	enum record_clock clock;
	int64_t lead_ms; /* -1 not said */
	int64_t flow; /* -1 not said */
	int64_t count; /* -1 not said */
	int64_t interval_us;
	int batch; /* records in one system call */
	int bytes; /* of a datagram */
	int reply_s; /* how long a reply is waited for */
	int timeout_s;
	bool wait_reply;
};

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static const char usage[] =
	"usage: talker send  --to ADDR --port N --proto udp|tcp --flow U32 --count N [--interval-us 1000]\n"
	"                    [--wait-reply] [--device IF] [--priority 0..15]\n"
	"                    [--txtime mono|tai [--lead-ms 100]]\n"
	"                    [--batch 1..64 | --bytes 64..65472] [--reply-s 1]\n"
	"       talker serve --port N --proto udp|tcp [--bind ::] [--timeout-s 60] [--flow 0]\n"
	"                    [--priority 0..15] [--txtime mono|tai [--lead-ms 100]]\n";

__attribute__((noreturn, format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("talker: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(1);
}

__attribute__((noreturn, format(printf, 1, 2))) static void fail_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("talker: ", stderr);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n%s", usage);
	exit(2);
}

/* The clock and the wire */

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now))
		fail("clock_gettime: %s", strerror(errno));
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void sleep_until(uint64_t time_ns)
{
	struct timespec until = { .tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000 };

	if (read_clock(CLOCK_MONOTONIC) >= time_ns)
		return; /* a sleep that is over at once would still set a timer */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* What one system call sends. */
static struct talker_record outgoing[MAX_BYTES / sizeof(struct talker_record)];

/* Add a control message, and return where the next one goes. */
static char *add_control(struct msghdr *message, char *at, int level, int type, const void *value, size_t size)
{
	struct cmsghdr *cmsg = (struct cmsghdr *)at;

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(cmsg), value, size);
	message->msg_controllen += CMSG_SPACE(size);
	return at + CMSG_SPACE(size);
}

/*
 * Send records with their launch time, to `to` or, where that is NULL, to the connected peer: `batch` of them,
 * over UDP each in a datagram of its own that the kernel cuts off (UDP_SEGMENT); or one, repeated up to `bytes`.
 */
static ssize_t send_records(int fd, const struct options *options, uint32_t seq, union address *to,
			    socklen_t to_length)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(uint64_t)) + CMSG_SPACE(sizeof(uint16_t))];
	} control = {};
	struct talker_record record = {
		.magic = htole32(RECORD_MAGIC),
		.flow = htole32(options->flow),
		.priority = htole32(options->priority < 0 ? 0 : options->priority),
		.clock = htole32(options->clock),
	};
	int length = options->batch > 1 ? options->batch * (int)sizeof(record) : options->bytes;
	int records = (length + (int)sizeof(record) - 1) / (int)sizeof(record);
	struct iovec iovec = { .iov_base = outgoing, .iov_len = length };
	struct msghdr message = {
		.msg_name = to,
		.msg_namelen = to_length,
		.msg_iov = &iovec,
		.msg_iovlen = 1,
	};
	char *at = control.bytes;

	if (options->clock != RECORD_CLOCK_NONE) {
		/* seq makes each time differ from its neighbours', so that exact can be told from near. */
		uint64_t now_ns = read_clock(clock_ids[options->clock]);
		uint64_t launch_time_ns = now_ns + options->lead_ms * 1000000 + seq;

		record.launch_time_ns = htole64(launch_time_ns);
		at = add_control(&message, at, SOL_SOCKET, SCM_TXTIME, &launch_time_ns, sizeof(launch_time_ns));
	}
	if (options->batch > 1 && options->type == SOCK_DGRAM) {
		uint16_t segment = sizeof(record);

		at = add_control(&message, at, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment));
	}
	if (at != control.bytes)
		message.msg_control = &control;
	for (int i = 0; i < records; i++) {
		record.seq = htole32(options->batch > 1 ? seq + i : seq);
		outgoing[i] = record;
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static bool is_record(const struct talker_record *record, ssize_t length)
{
	return length == sizeof(*record) && le32toh(record->magic) == RECORD_MAGIC &&
	       le32toh(record->clock) <= RECORD_CLOCK_TAI;
}

/* Sockets */

static socklen_t parse_address(const char *flag, const char *text, int port, union address *address)
{
	memset(address, 0, sizeof(*address));
	if (strchr(text, ':')) {
		address->in6.sin6_family = AF_INET6;
		address->in6.sin6_port = htons(port);
		if (inet_pton(AF_INET6, text, &address->in6.sin6_addr) == 1)
			return sizeof(address->in6);
	} else {
		address->in.sin_family = AF_INET;
		address->in.sin_port = htons(port);
		if (inet_pton(AF_INET, text, &address->in.sin_addr) == 1)
			return sizeof(address->in);
	}
	fail_usage("%s %s: must be an IPv4 or IPv6 address", flag, text);
}

static void set_option(int fd, int level, int name, const void *value, socklen_t length, const char *what)
{
	if (setsockopt(fd, level, name, value, length))
		fail("%s: %s", what, strerror(errno));
}

static void set_int(int fd, int level, int name, int value, const char *what)
{
	set_option(fd, level, name, &value, sizeof(value), what);
}

static void set_seconds(int fd, int name, int seconds, const char *what)
{
	struct timeval timeval = { .tv_sec = seconds };

	set_option(fd, SOL_SOCKET, name, &timeval, sizeof(timeval), what);
}

/* Tell the socket what its packets need: the traffic class for all, and that each has a launch time. */
static void apply_metadata(int fd, const struct options *options)
{
	struct sock_txtime txtime = { .clockid = clock_ids[options->clock] };

	if (options->priority >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &options->priority, sizeof(options->priority)))
		fail("SO_PRIORITY %d: %s%s", options->priority, strerror(errno),
		     options->priority > 6 ? " (7 and above need CAP_NET_RAW or CAP_NET_ADMIN)" : "");
	if (options->clock != RECORD_CLOCK_NONE &&
	    setsockopt(fd, SOL_SOCKET, SO_TXTIME, &txtime, sizeof(txtime)))
		fail("SO_TXTIME: %s (%s)", strerror(errno),
		     options->clock == RECORD_CLOCK_MONO ? "CLOCK_MONOTONIC needs Linux 4.19" :
						    "CLOCK_TAI needs CAP_NET_ADMIN");
}

static int open_socket(const struct options *options, const union address *address, const char *text)
{
	int fd = socket(address->any.sa_family, options->type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket for %s port %d: %s", text, options->port, strerror(errno));
	return fd;
}

/* send */

static int open_to_peer(const struct options *options)
{
	union address address;
	socklen_t length = parse_address("--to", options->to, options->port, &address);
	int fd = open_socket(options, &address, options->to);

	if (options->device &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options->device, strlen(options->device)))
		fail("--device %s: %s", options->device, strerror(errno));
	apply_metadata(fd, options); /* before connect, so that the SYN has it too */
	set_seconds(fd, SO_RCVTIMEO, options->reply_s, "SO_RCVTIMEO");
	if (options->type == SOCK_STREAM) {
		set_seconds(fd, SO_SNDTIMEO, CONNECT_SECONDS, "SO_SNDTIMEO");
		set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
	}
	if (connect(fd, &address.any, length))
		/* SO_SNDTIMEO ends a connect with EINPROGRESS. */
		fail("connect %s port %d: %s", options->to, options->port,
		     strerror(errno == EINPROGRESS ? ETIMEDOUT : errno));
	return fd;
}

static void send_to_peer(int fd, const struct options *options, uint32_t seq)
{
	/* ECONNREFUSED: an earlier datagram found no one listening; the kernel says so instead of sending. */
	while (send_records(fd, options, seq, NULL, 0) < 0)
		if (errno != ECONNREFUSED)
			fail("sendmsg: %s", strerror(errno));
}

/* 0, or the errno that ended the wait. */
static int receive_reply(int fd, uint32_t seq)
{
	struct talker_record reply;

	for (;;) {
		ssize_t length = recv(fd, &reply, sizeof(reply), MSG_WAITALL);

		if (length < 0 && errno != EINTR)
			return errno;
		if (length == 0)
			fail("no reply to record %u: the peer closed the connection", seq);
		/* Another seq answers a record that was sent again meanwhile. */
		if (is_record(&reply, length) && le32toh(reply.seq) == seq)
			return 0;
	}
}

static void exchange(int fd, const struct options *options, uint32_t seq)
{
	int tries = options->type == SOCK_DGRAM ? 4 : 1;
	int error = 0;

	for (int attempt = 0; attempt < tries; attempt++) {
		send_to_peer(fd, options, seq);
		for (int i = 0; i < options->batch; i++) {
			error = receive_reply(fd, seq + i);
			if (error)
				break;
		}
		if (!error)
			return;
	}
	fprintf(stderr, "talker: no reply to record %u", seq);
	if (tries > 1)
		fprintf(stderr, ", sent %d times", tries);
	if (error == EAGAIN)
		fprintf(stderr, ": nothing came within %d s\n", options->reply_s);
	else
		fprintf(stderr, ": recv: %s\n", strerror(error));
	exit(1);
}

static void run_send(const struct options *options)
{
	int fd = open_to_peer(options);
	uint64_t start_ns = read_clock(CLOCK_MONOTONIC);

	for (int64_t seq = 0; seq < options->count; seq += options->batch) {
		sleep_until(start_ns + seq / options->batch * options->interval_us * 1000);
		if (options->wait_reply)
			exchange(fd, options, seq);
		else
			send_to_peer(fd, options, seq);
	}
	printf("{\"flow\":%lld,\"sent\":%lld,\"replies\":%lld}\n", (long long)options->flow,
	       (long long)options->count, options->wait_reply ? (long long)options->count : 0);
}

/* serve */

static void complain(const char *what)
{
	fprintf(stderr, "talker: %s: %s\n", what, strerror(errno));
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

static void serve_udp(int fd, const struct options *options)
{
	/* One byte more, so that a longer datagram is seen to be longer. */
	struct {
		struct talker_record record;
		uint8_t more;
	} request;

	set_seconds(fd, SO_RCVTIMEO, options->timeout_s, "SO_RCVTIMEO");
	ready();
	for (;;) {
		union address from;
		socklen_t from_length = sizeof(from);
		ssize_t length = recvfrom(fd, &request, sizeof(request), 0, &from.any, &from_length);

		if (length < 0 && errno == EAGAIN)
			return;
		if (length < 0 && errno != EINTR)
			fail("recv: %s", strerror(errno));
		if (!is_record(&request.record, length))
			continue;
		/* One peer that cannot be reached is no reason to leave the others. */
		if (send_records(fd, options, le32toh(request.record.seq), &from, from_length) < 0)
			complain("sendmsg");
	}
}

/* The record that is arriving, and how much of it has. */
struct connection {
	struct talker_record request;
	size_t filled;
};

/* Whether the connection goes on. */
static bool answer(int fd, struct connection *connection, const struct options *options)
{
	char *request = (char *)&connection->request;
	size_t rest = sizeof(connection->request) - connection->filled;
	ssize_t length = recv(fd, request + connection->filled, rest, MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (length < 0)
		complain("recv");
	if (length <= 0)
		return false;
	connection->filled += length;
	if (connection->filled < sizeof(connection->request))
		return true;
	if (!is_record(&connection->request, connection->filled))
		return false;
	connection->filled = 0;
	if (send_records(fd, options, le32toh(connection->request.seq), NULL, 0) < 0) {
		complain("sendmsg");
		return false;
	}
	return true;
}

static void serve_tcp(int listener, const struct options *options)
{
	static struct pollfd polls[1 + MAX_CONNECTIONS]; /* [0] is the listener */
	static struct connection connections[1 + MAX_CONNECTIONS];
	nfds_t count = 1;

	/* Were a connection to vanish between poll and accept, accept would wait for the next one. */
	set_seconds(listener, SO_RCVTIMEO, 1, "SO_RCVTIMEO");
	if (listen(listener, 128))
		fail("listen: %s", strerror(errno));
	ready();
	for (;;) {
		int readable;

		polls[0].fd = listener;
		polls[0].events = count <= MAX_CONNECTIONS ? POLLIN : 0;
		readable = poll(polls, count, options->timeout_s * 1000);
		if (readable < 0 && errno == EINTR)
			continue;
		if (readable < 0)
			fail("poll: %s", strerror(errno));
		if (readable == 0)
			return;
		for (nfds_t i = count - 1; i > 0; i--) {
			if (!polls[i].revents || answer(polls[i].fd, &connections[i], options))
				continue;
			close(polls[i].fd);
			count--;
			polls[i] = polls[count];
			connections[i] = connections[count];
		}
		if (polls[0].revents) {
			int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

			if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
				fail("accept: %s", strerror(errno));
			if (fd < 0)
				continue;
			apply_metadata(fd, options); /* not inherited from the listener */
			set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
			polls[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
			connections[count].filled = 0;
			count++;
		}
	}
}

static void run_serve(const struct options *options)
{
	union address address;
	socklen_t length = parse_address("--bind", options->bind, options->port, &address);
	int fd = open_socket(options, &address, options->bind);

	if (address.any.sa_family == AF_INET6)
		set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0, "IPV6_V6ONLY");
	if (options->type == SOCK_STREAM)
		set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
	apply_metadata(fd, options); /* on a listening socket it is for the SYN-ACK */
	if (bind(fd, &address.any, length))
		fail("bind %s port %d: %s", options->bind, options->port, strerror(errno));
	if (options->type == SOCK_STREAM)
		serve_tcp(fd, options);
	else
		serve_udp(fd, options);
}

/* The command line */

enum flag {
	TO = 1, BIND, DEVICE, PORT, PROTO, PRIORITY, TXTIME, LEAD_MS, FLOW, COUNT, INTERVAL_US, TIMEOUT_S,
	WAIT_REPLY, BATCH, BYTES, REPLY_S,
};

static const struct option send_flags[] = {
	{ "port", required_argument, NULL, PORT },
	{ "proto", required_argument, NULL, PROTO },
	{ "flow", required_argument, NULL, FLOW },
	{ "priority", required_argument, NULL, PRIORITY },
	{ "txtime", required_argument, NULL, TXTIME },
	{ "lead-ms", required_argument, NULL, LEAD_MS },
	{ "to", required_argument, NULL, TO },
	{ "count", required_argument, NULL, COUNT },
	{ "interval-us", required_argument, NULL, INTERVAL_US },
	{ "device", required_argument, NULL, DEVICE },
	{ "wait-reply", no_argument, NULL, WAIT_REPLY },
	{ "batch", required_argument, NULL, BATCH },
	{ "bytes", required_argument, NULL, BYTES },
	{ "reply-s", required_argument, NULL, REPLY_S },
	{},
};

static const struct option serve_flags[] = {
	{ "port", required_argument, NULL, PORT },
	{ "proto", required_argument, NULL, PROTO },
	{ "flow", required_argument, NULL, FLOW },
	{ "priority", required_argument, NULL, PRIORITY },
	{ "txtime", required_argument, NULL, TXTIME },
	{ "lead-ms", required_argument, NULL, LEAD_MS },
	{ "bind", required_argument, NULL, BIND },
	{ "timeout-s", required_argument, NULL, TIMEOUT_S },
	{},
};

static int64_t integer(const char *flag, const char *text, int64_t min, int64_t max)
{
	size_t digits = strspn(text, "0123456789");
	int64_t value = strtoll(text, NULL, 10);

	if (digits == 0 || digits > 10 || text[digits] != '\0' || value < min || value > max)
		fail_usage("--%s %s: must be a number from %lld to %lld", flag, text, (long long)min,
			   (long long)max);
	return value;
}

/* Index of the one of two words that `text` is. */
static int choice(const char *flag, const char *text, const char *first, const char *second)
{
	if (strcmp(text, first) == 0)
		return 0;
	if (strcmp(text, second) == 0)
		return 1;
	fail_usage("--%s %s: must be %s or %s", flag, text, first, second);
}

static void parse_flag(struct options *options, enum flag flag, const char *name, const char *text)
{
	switch (flag) {
	case TO:
		options->to = text;
		break;
	case BIND:
		options->bind = text;
		break;
	case DEVICE:
		options->device = text;
		break;
	case PORT:
		options->port = integer(name, text, 1, 65535);
		break;
	case PROTO:
		options->type = choice(name, text, "udp", "tcp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
		break;
	case PRIORITY:
		options->priority = integer(name, text, 0, 15);
		break;
	case TXTIME:
		options->clock = RECORD_CLOCK_MONO + choice(name, text, "mono", "tai");
		break;
	case LEAD_MS:
		options->lead_ms = integer(name, text, 0, 3600000);
		break;
	case FLOW:
		options->flow = integer(name, text, 0, UINT32_MAX);
		break;
	case COUNT:
		options->count = integer(name, text, 1, UINT32_MAX);
		break;
	case INTERVAL_US:
		options->interval_us = integer(name, text, 0, UINT32_MAX);
		break;
	case TIMEOUT_S:
		options->timeout_s = integer(name, text, 1, 86400);
		break;
	case WAIT_REPLY:
		options->wait_reply = true;
		break;
	case BATCH:
		options->batch = integer(name, text, 1, MAX_BATCH);
		break;
	case REPLY_S:
		options->reply_s = integer(name, text, 1, 3600);
		break;
	case BYTES:
		options->bytes = integer(name, text, sizeof(struct talker_record), MAX_BYTES);
		break;
	}
}

/* Defaults, and what only makes sense together. */
static void complete(struct options *options, bool sends)
{
	if (options->type == 0)
		fail_usage("--proto is missing");
	if (sends && !options->to)
		fail_usage("--to is missing");
	if (options->port == 0)
		fail_usage("--port is missing");
	if (sends && options->flow < 0)
		fail_usage("--flow is missing");
	if (options->flow < 0)
		options->flow = 0;
	if (options->clock == RECORD_CLOCK_NONE && options->lead_ms >= 0)
		fail_usage("--lead-ms needs --txtime");
	if (options->clock != RECORD_CLOCK_NONE && options->type == SOCK_STREAM)
		fail_usage("--txtime needs --proto udp: TCP has no launch time per packet");
	if (options->lead_ms < 0)
		options->lead_ms = 100;
	if (sends && options->count < 0)
		fail_usage("--count is missing");
	if (options->count % options->batch != 0 && sends)
		fail_usage("--batch %d: --count must be a multiple of it", options->batch);
	if (options->bytes > (int)sizeof(struct talker_record) &&
	    (options->type == SOCK_STREAM || options->batch > 1 || options->wait_reply))
		fail_usage("--bytes is for UDP without --batch and --wait-reply");
	/* TCP always waits: records that follow each other unanswered would share a segment. */
	if (options->type == SOCK_STREAM)
		options->wait_reply = true;
}

int main(int argc, char **argv)
{
	struct options options = {
		.bind = "::",
		.priority = -1,
		.lead_ms = -1,
		.flow = -1,
		.count = -1,
		.interval_us = 1000,
		.batch = 1,
		.bytes = sizeof(struct talker_record),
		.reply_s = REPLY_SECONDS,
		.timeout_s = 60,
	};
	bool sends = argc > 1 && strcmp(argv[1], "send") == 0;
	const struct option *flags = sends ? send_flags : serve_flags;
	int flag, index;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			return 0;
		}
	}
	if (argc < 2)
		fail_usage("no command");
	if (!sends && strcmp(argv[1], "serve") != 0)
		fail_usage("unknown command %s", argv[1]);
	argv[1] = "talker"; /* getopt's own messages begin with it */
	while ((flag = getopt_long(argc - 1, argv + 1, "", flags, &index)) != -1) {
		if (flag == '?') {
			fputs(usage, stderr);
			return 2;
		}
		parse_flag(&options, flag, flags[index].name, optarg);
	}
	if (optind < argc - 1)
		fail_usage("unexpected argument %s", argv[1 + optind]);
	complete(&options, sends);
	if (sends)
		run_send(&options);
	else
		run_serve(&options);
	return 0;
}
