/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls without a C library, of which only the headers are used. docs/cni.md has the numbers
 * that this was decided by.
 */
#ifndef SYS_H
#define SYS_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

/* A call's result, or the error as a negative number. No signal is handled: none interrupts it. */
static long sys(long nr, long a, long b, long c, long d, long e, long f)
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
#elif defined(__aarch64__)
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

static _Noreturn void sys_exit(int code)
{
	for (;;)
		sys3(SYS_exit_group, code, 0, 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	sys3(SYS_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until the file is ready, and for what; 0 when the time is over. */
static short wait_for(int fd, short events, int64_t deadline_ms)
{
	int64_t left = deadline_ms - now_ms();
	struct timespec timeout = { left / 1000, left % 1000 * 1000000 };
	struct pollfd file = { fd, events, 0 };

	return left > 0 && sys3(SYS_ppoll, &file, 1, &timeout) > 0 ? file.revents : 0;
}

static _Noreturn void client(char **env);

/* The kernel leaves argc, argv and the environment on the stack. */
__attribute__((used)) static _Noreturn void start(long *stack)
{
	client((char **)(stack + 1) + stack[0] + 1);
}

__asm__(".globl _start\n"
	"_start:\n"
#if defined(__x86_64__)
	"\txor %ebp, %ebp\n"
	"\tmov %rsp, %rdi\n"
	"\tcall start\n"
#elif defined(__aarch64__)
	"\tmov x29, #0\n"
	"\tmov x30, #0\n"
	"\tmov x0, sp\n"
	"\tbl start\n"
#endif
);

#endif
