/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client needs of the kernel, without a C library: docs/cni.md has the numbers that this
 * was decided by.
 */
#ifndef SYS_H
#define SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* System calls: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h */
#if defined(__x86_64__)
#define NR_read		 0
#define NR_write	 1
#define NR_socket	 41
#define NR_connect	 42
#define NR_sendto	 44
#define NR_recvfrom	 45
#define NR_setsockopt	 54
#define NR_clock_gettime 228
#define NR_exit_group	 231
#define NR_ppoll	 271
#elif defined(__aarch64__)
#define NR_read		 63
#define NR_write	 64
#define NR_ppoll	 73
#define NR_exit_group	 94
#define NR_clock_gettime 113
#define NR_socket	 198
#define NR_connect	 203
#define NR_sendto	 206
#define NR_recvfrom	 207
#define NR_setsockopt	 208
#else
#error "x86-64 and arm64 only"
#endif

/* The same on both: include/uapi/asm-generic, include/linux/socket.h */
#define EPERM	      1
#define ENOENT	      2
#define EINTR	      4
#define EAGAIN	      11
#define EACCES	      13
#define ECONNREFUSED  111
#define AF_UNIX	      1
#define SOCK_STREAM   1
#define SOCK_CLOEXEC  02000000
#define SOL_SOCKET    1
#define SO_SNDTIMEO   21
#define MSG_DONTWAIT  0x40
#define MSG_NOSIGNAL  0x4000
#define POLLIN	      0x001
#define POLLOUT	      0x004
#define CLOCK_MONOTONIC 1

struct sockaddr_un {
	uint16_t sun_family;
	char sun_path[108];
};

struct pollfd {
	int fd;
	short events;
	short revents;
};

struct timespec64 {
	int64_t sec;
	int64_t part; /* nanoseconds, or microseconds in a timeval */
};

static inline long sys(long nr, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#else
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
			 : "memory");
	return x0;
#endif
}

#define sys3(nr, a, b, c) sys(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)

static inline _Noreturn void sys_exit(int code)
{
	for (;;)
		sys3(NR_exit_group, code, 0, 0);
}

static inline int64_t now_ms(void)
{
	struct timespec64 now = {};

	sys3(NR_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	return now.sec * 1000 + now.part / 1000000;
}

/* Wait until the file is ready, and for what; 0 when the time is over. */
static inline short wait_for(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - now_ms();
		struct timespec64 timeout = { left / 1000, left % 1000 * 1000000 };
		struct pollfd poll = { .fd = fd, .events = events };
		long ready;

		if (left <= 0)
			return 0;
		ready = sys(NR_ppoll, (long)&poll, 1, (long)&timeout, 0, 0, 0);
		if (ready > 0)
			return poll.revents;
		if (ready < 0 && ready != -EINTR)
			return 0;
	}
}

/* The compiler may call these, whatever the source says. */
void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = byte;
	return to;
}

/* The kernel leaves argc, argv and the environment on the stack. */
static _Noreturn void client(char **env);

__attribute__((used)) static _Noreturn void start(long *stack)
{
	client((char **)(stack + 1) + stack[0] + 1);
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n"
	"\txor %ebp, %ebp\n"
	"\tmov %rsp, %rdi\n"
	"\tand $-16, %rsp\n"
	"\tcall start\n");
#else
__asm__(".globl _start\n"
	"_start:\n"
	"\tmov x29, #0\n"
	"\tmov x30, #0\n"
	"\tmov x0, sp\n"
	"\tand sp, x0, #-16\n"
	"\tbl start\n");
#endif

#endif
