// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flood of datagrams from a thread on one CPU to a thread on another, over
 * the loopback device or a pair of Unix sockets: a load for make trace, and,
 * with a window, one of known counts.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: udpflood [-n DATAGRAMS] [-s BYTES] [-w WINDOW] [-t CPU] [-r CPU] [-u]\n"
	"  -n  to send; 100000        -s  in each; 64\n"
	"  -w  sent and not yet read at most; 0, the default: no bound, so that\n"
	"      what comes faster than it is read is dropped\n"
	"  -t  CPU that sends; 0      -r  CPU that reads; 1\n"
	"  -u  a pair of Unix sockets, not UDP\n";

static unsigned long datagrams = 100000;
static unsigned long window;
static size_t bytes = 64;
static int sender_cpu;
static int reader_cpu = 1;
static bool unix_pair;

/* Sockets, connected to each other. */
static int from, to;
static atomic_ulong nr_read;

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %d", cpu);
}

/* Returns the socket, bound to a port of the kernel's choice. */
static int bind_udp(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(addr, 0, sizeof(*addr));
	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) ||
	    getsockname(fd, (struct sockaddr *)addr, &len))
		err(1, "a UDP socket");
	return fd;
}

static void open_udp(void)
{
	struct sockaddr_in here, there;

	from = bind_udp(&here);
	to = bind_udp(&there);
	if (connect(from, (struct sockaddr *)&there, sizeof(there)) ||
	    connect(to, (struct sockaddr *)&here, sizeof(here)))
		err(1, "connect");
}

static void open_unix(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		err(1, "socketpair");
	from = pair[0];
	to = pair[1];
}

/* Reads until the socket is shut down and empty. */
static void *read_all(void *unused)
{
	static char buf[65536];

	go_to(reader_cpu);
	while (recv(to, buf, sizeof(buf), 0) > 0)
		atomic_fetch_add(&nr_read, 1);
	return unused;
}

static void send_all(void)
{
	static char buf[65536];
	unsigned long i;

	for (i = 0; i < datagrams; i++) {
		while (window && i - atomic_load(&nr_read) >= window)
			sched_yield();
		if (send(from, buf, bytes, 0) < 0)
			err(1, "send");
	}
	while (window && atomic_load(&nr_read) < datagrams)
		sched_yield();
	shutdown(to, SHUT_RD);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static unsigned long parse_number(const char *text, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > most)
		errx(2, "%s: not a number up to %lu", text, most);
	return value;
}

static void parse(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "n:s:w:t:r:u")) != -1) {
		if (opt == 'n')
			datagrams = parse_number(optarg, 1UL << 40);
		else if (opt == 's')
			bytes = parse_number(optarg, 65000);
		else if (opt == 'w')
			window = parse_number(optarg, 1UL << 20);
		else if (opt == 't')
			sender_cpu = parse_number(optarg, CPU_SETSIZE - 1);
		else if (opt == 'r')
			reader_cpu = parse_number(optarg, CPU_SETSIZE - 1);
		else if (opt == 'u')
			unix_pair = true;
		else
			errx(2, "\n%s", usage);
	}
	if (optind < argc || !bytes)
		errx(2, "\n%s", usage);
}

int main(int argc, char **argv)
{
	pthread_t reader;
	double start;

	parse(argc, argv);
	if (unix_pair)
		open_unix();
	else
		open_udp();
	go_to(sender_cpu);
	start = seconds();
	if (pthread_create(&reader, NULL, read_all, NULL))
		errx(1, "no thread");
	send_all();
	pthread_join(reader, NULL);
	start = seconds() - start;
	printf("sent %lu read %lu lost %lu in %.3f s: %.0f read/s\n", datagrams,
	       atomic_load(&nr_read), datagrams - atomic_load(&nr_read), start,
	       atomic_load(&nr_read) / start);
	return 0;
}
