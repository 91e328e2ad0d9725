// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper of the scripts:
 *   client hold STATE   brings a run to a state, says "STATE" and stays there
 *                       until its standard input ends; then winds up, and
 *                       fails unless the run was undisturbed.  live is hold
 *                       with objects out
 *   client hold live CPU  the same on a CPU
 *   client signal SIGNAL MICROSECONDS COMMAND...
 *                       runs a command, waits until its run is under way and
 *                       that long on, sends it the signal (a number) and ends
 *                       as it does
 *   client idle         whether a module that is in holds nothing for a run
 *   client gone         whether nothing is left of a module that is out
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"
#include "left.h"
#include "tap.h"

static void must(int err, const char *what)
{
	if (err)
		tap_bail("%s: %s", what, strerror(err));
}

/* HOLD, with objects of magslab's own allocator out; on @cpu, unless NULL. */
static void enter_live(int fd, const __u32 *cpu)
{
	struct mag_run_config config;
	struct mag_run_status status;

	dev_config(fd, &config, "dentry", "magazine");
	config.steps = 10000;
	config.cpus = (uintptr_t)cpu;
	must(dev_ioctl(fd, MAG_IOC_START, &config), "START");
	if (!dev_settles(fd, DEV_PATIENCE_MS))
		tap_bail("the run does not come to its HOLD");
	dev_status(fd, &status);
	if (status.state != MAG_STATE_HOLD)
		tap_bail("the run ends in state %u", status.state);
}

static void enter(int fd, const char *state, const __u32 *cpu)
{
	struct mag_run_config config;

	if (!strcmp(state, "idle"))
		return;
	if (!strcmp(state, "live")) {
		enter_live(fd, cpu);
		return;
	}
	dev_config_endless(fd, &config);
	config.nr_workers = 0;
	if (!strcmp(state, "warmup"))
		config.warmup_ns = MAG_MAX_WARMUP_NS;
	must(dev_ioctl(fd, MAG_IOC_START, &config), "START");
	if (!strcmp(state, "warmup") || !strcmp(state, "measure"))
		return;
	must(dev_ioctl(fd, MAG_IOC_STOP, NULL), "STOP");
	if (!strcmp(state, "hold"))
		return;
	must(dev_ioctl(fd, MAG_IOC_FINISH, NULL), "FINISH");
	if (strcmp(state, "done"))
		tap_bail("no state '%s'", state);
}

/* 0 if the run did not end before it was told to, and ends clean. */
static int leave(int fd, const char *state)
{
	bool endless = !strcmp(state, "warmup") || !strcmp(state, "measure");
	struct mag_run_status status;

	if (!strcmp(state, "idle"))
		return dev_state(fd) == MAG_STATE_IDLE ? 0 : 1;
	if (endless && dev_settles(fd, 0))
		return 1;
	must(dev_wind_up(fd), "the end of the run");
	dev_status(fd, &status);
	return status.state == MAG_STATE_DONE && !status.error &&
			       status.allocs == status.frees
		       ? 0
		       : 1;
}

static int hold(const char *state, const __u32 *cpu)
{
	int fd = dev_open();
	char byte;

	enter(fd, state, cpu);
	puts(state);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return leave(fd, state);
}

/* Waits for the threads of a run, for whose birth there is no event. */
static void await_run(pid_t pid)
{
	unsigned int tries = DEV_PATIENCE_MS;

	while (!dev_run_exists()) {
		if (waitpid(pid, NULL, WNOHANG))
			tap_bail("the command ended without a run");
		if (!tries--) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			tap_bail("the command has started no run");
		}
		poll(NULL, 0, 1);
	}
}

static int signal_command(int sig, long after_us, char **command)
{
	struct timespec after = {
		.tv_sec = after_us / 1000000,
		.tv_nsec = after_us % 1000000 * 1000,
	};
	pid_t pid = fork();
	int status;

	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (!pid) {
		/* A shell may have had them ignored in the background. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(command[0], command);
		_exit(127);
	}
	await_run(pid);
	nanosleep(&after, NULL);
	kill(pid, sig);
	if (waitpid(pid, &status, 0) != pid)
		tap_bail("waitpid: %s", strerror(errno));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	__u32 cpu;

	if (argc == 2 && !strcmp(argv[1], "idle"))
		return left_idle() ? 0 : 1;
	if (argc == 2 && !strcmp(argv[1], "gone"))
		return left_gone() ? 0 : 1;
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(argv[2], NULL);
	if (argc == 4 && !strcmp(argv[1], "hold") && !strcmp(argv[2], "live")) {
		cpu = atoi(argv[3]);
		return hold(argv[2], &cpu);
	}
	if (argc >= 5 && !strcmp(argv[1], "signal"))
		return signal_command(atoi(argv[2]), atol(argv[3]), argv + 4);
	fputs("usage: client hold idle|warmup|measure|hold|live|done\n"
	      "       client hold live CPU\n"
	      "       client signal SIGNAL MICROSECONDS COMMAND...\n"
	      "       client idle\n"
	      "       client gone\n",
	      stderr);
	return 2;
}
