// SPDX-License-Identifier: GPL-2.0-only
/* The whole tool on the fake device: exit codes, messages, files, signals. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tree.h"
#include "unit.h"

#define MAX_ARGS      32
/* A tool that hangs is killed, and fails its test. */
#define CLI_TIMEOUT_S 60
#define SHORT	      "-d", "1ms", "--warmup", "0"

/**
 * struct cli - one run of the tool
 * @fake: $MAGSLAB_FAKE, or NULL
 * @machine: $MAGSLAB_MACHINE, or NULL
 * @out_path: where standard output goes, or NULL to have it in @out
 * @until: text on standard error at which the first of @signals is sent
 * @until_next: the same of the second
 * @signals: how many signals
 * @signal: which, or 0 for SIGINT
 * @ignored: a signal that it is started with ignored, or 0
 * @out_is: what becomes of standard output, unless @out_path says
 * @code: exit code, or minus the signal that ended it
 * @out: its standard output
 * @err: its standard error
 */
struct cli {
	const char *fake;
	const char *machine;
	const char *out_path;
	const char *until;
	const char *until_next;
	int signals;
	int signal;
	int ignored;
	enum {
		OUT_KEPT,
		OUT_UNREAD,
		OUT_CLOSED
	} out_is;
	int code;
	char *out;
	char *err;
};

static const char *cli_magctl;
static char cli_dir[64];

static void cli_setenv(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void cli_child(const struct cli *cli, char **args, int out, int err)
{
	cli_setenv("MAGSLAB_FAKE", cli->fake);
	cli_setenv("MAGSLAB_MACHINE", cli->machine);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (cli->out_is == OUT_CLOSED)
		close(STDOUT_FILENO);
	if (cli->ignored)
		signal(cli->ignored, SIG_IGN);
	alarm(CLI_TIMEOUT_S);
	execv(cli_magctl, args);
	_exit(126);
}

/* Standard error as it comes, so that a signal can follow what was said. */
static void cli_read_err(struct cli *cli, int fd, pid_t pid)
{
	size_t room;
	FILE *all = open_memstream(&cli->err, &room);
	const char *until = cli->until;
	char text[4096];
	int left = cli->signals;
	ssize_t got;

	while ((got = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)got, all);
		fflush(all);
		if (left && until && strstr(cli->err, until)) {
			kill(pid, cli->signal ? cli->signal : SIGINT);
			left--;
			until = cli->until_next;
		}
	}
	fclose(all);
}

static char *cli_slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t len = 0;

	if (!file || getdelim(&text, &len, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	if (file)
		fclose(file);
	return text;
}

/* A pipe that nobody reads any more, as head(1) leaves it. */
static int cli_unread_pipe(void)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		abort();
	close(pipes[0]);
	return pipes[1];
}

static int cli_out(const struct cli *cli, const char *path)
{
	if (cli->out_path)
		return open(cli->out_path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (cli->out_is == OUT_UNREAD)
		return cli_unread_pipe();
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int cli_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void cli_exec(struct cli *cli, char **args)
{
	char *path = NULL;
	int pipes[2], out, status;
	pid_t pid;

	if (asprintf(&path, "%s/stdout", cli_dir) < 0 ||
	    pipe2(pipes, O_CLOEXEC))
		abort();
	out = cli_out(cli, path);
	fflush(stdout);
	pid = fork();
	if (!pid)
		cli_child(cli, args, out, pipes[1]);
	close(pipes[1]);
	close(out);
	cli_read_err(cli, pipes[0], pid);
	close(pipes[0]);
	waitpid(pid, &status, 0);
	cli->code = cli_code(status);
	cli->out = cli_slurp(path);
	free(path);
}

static void cli_free(struct cli *cli)
{
	free(cli->out);
	free(cli->err);
}

#define CLI_RUN(cli, ...) \
	cli_exec(cli, (char *[]){ (char *)cli_magctl, __VA_ARGS__, NULL })

/* One run of which the code and a word of its messages are known. */
static void cli_expect(int line, const char *fake, int code, const char *word,
		       char **args)
{
	struct cli cli = { .fake = fake };

	cli_exec(&cli, args);
	unit_check(cli.code == code, __FILE__, line, "exit %d, not %d: %s",
		   cli.code, code, cli.err);
	unit_check(strstr(cli.err, word), __FILE__, line, "no \"%s\" in: %s",
		   word, cli.err);
	cli_free(&cli);
}

#define CLI_EXPECT(fake, code, word, ...)      \
	cli_expect(__LINE__, fake, code, word, \
		   (char *[]){ (char *)cli_magctl, __VA_ARGS__, NULL })

static void cli_path(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", cli_dir, name);
}

static void test_help(void)
{
	static const char *const commands[] = { "list", "run", "compare",
						"info", "machine" };
	struct cli cli = { .fake = "open=2" };

	unit_test("magctl: --help of every command, without a device");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(commands); i++) {
		CLI_RUN(&cli, (char *)commands[i], "--help");
		CHECK(cli.code == 0);
		CHECK(strstr(cli.out, "Usage: magctl"));
		CHECK(strstr(cli.out, "Example"));
		CHECK(!*cli.err);
		cli_free(&cli);
	}
	CLI_RUN(&cli, "run", "--help");
	CHECK(strstr(cli.out,
		     " smt   fill the threads of a core before the next"));
	cli_free(&cli);
	CLI_RUN(&cli, "--help");
	CHECK(cli.code == 0);
	CHECK(strstr(cli.out, "\n  141  "));
	cli_free(&cli);
	CLI_EXPECT(NULL, 2, "list run compare info machine", "frob");
	CLI_EXPECT(NULL, 2, "Usage", NULL);
}

static void test_usage(void)
{
	unit_test("magctl: wrong usage exits 2 and says what is right");
	CLI_EXPECT(NULL, 2, "churn batch", "run", "nope", "-b", "noop");
	CLI_EXPECT(NULL, 2, "magazine kmem_cache noop", "run", "churn", "-b",
		   "nope");
	CLI_EXPECT(NULL, 2, "depth size", "run", "churn", "-b", "noop", "-p",
		   "nope=1");
	CLI_EXPECT(NULL, 2, "auto tsc ktime ticks", "run", "churn", "-b",
		   "noop", "--clock", "nope");
	CLI_EXPECT(NULL, 2, "1 to 64 objects", "run", "churn", "-b", "noop",
		   "-p", "depth=65");
	CLI_EXPECT(NULL, 2, "1 to 64 objects", "run", "churn", "-b", "noop",
		   "-p", "depth=0");
	CLI_EXPECT(NULL, 2, "not a whole number", "run", "churn", "-b", "noop",
		   "-p", "depth=x");
	CLI_EXPECT(NULL, 2, "twice", "run", "churn", "-b", "noop", "-p",
		   "depth=1", "-p", "depth=2");
	CLI_EXPECT(NULL, 2, "NAME=VALUE", "run", "churn", "-b", "noop", "-p",
		   "depth");
	CLI_EXPECT(NULL, 2, "duration", "run", "churn", "-b", "noop", "-d",
		   "5");
	CLI_EXPECT(NULL, 2, "3600 s", "run", "churn", "-b", "noop", "-d", "2h");
	CLI_EXPECT(NULL, 2, "2 are online", "run", "churn", "-b", "noop", "-w",
		   "3");
	CLI_EXPECT(NULL, 2, "range", "run", "churn", "-b", "noop", "-w", "0");
	CLI_EXPECT(NULL, 2, "which backend", "run", "churn");
	CLI_EXPECT(NULL, 2, "which workload", "run", "-b", "noop");
	CLI_EXPECT(NULL, 2, "one workload", "run", "churn", "b", "-b", "noop");
	CLI_EXPECT(NULL, 2, "one workload", "run", "churn", "-b", "noop", "--",
		   "b");
	CLI_EXPECT(NULL, 2, "compare", "run", "churn", "-b", "noop,magazine");
	CLI_EXPECT(NULL, 2, "compare", "run", "churn", "-b", "noop", "--rounds",
		   "3");
	CLI_EXPECT(NULL, 2, "two backends", "compare", "churn", "-b", "noop");
	CLI_EXPECT(NULL, 2, "named twice", "compare", "churn", "-b",
		   "noop,noop");
	CLI_EXPECT(NULL, 2, "not among", "compare", "churn", "-b",
		   "noop,magazine", "--baseline", "kmem_cache");
	CLI_EXPECT(NULL, 2, "workloads backends clocks", "list", "nope");
	CLI_EXPECT(NULL, 2, "unrecognized", "run", "churn", "--nope");
}

/* Each errno of the ABI: the exit code, and the cure in the message. */
static void test_errors(void)
{
	unit_test("magctl: each error of the device names its cure");
	CLI_EXPECT("open=2", 3, "insmod", "list");
	CLI_EXPECT("open=19", 3, "insmod", "info");
	CLI_EXPECT("open=13", 3, "root", "list");
	CLI_EXPECT("info=1", 3, "root", "info");
	CLI_EXPECT("info=25", 1, "same tree", "info");
	CLI_EXPECT("abi=1", 1, "same tree", "list");
	CLI_EXPECT("describe=2", 1, "bug", "list");
	CLI_EXPECT("start=1", 3, "root", "run", "churn", "-b", "noop", SHORT);
	CLI_EXPECT("start=16", 1, "another run is under way", "run", "churn",
		   "-b", "noop", SHORT);
	CLI_EXPECT("start=22", 2, "magctl list", "run", "churn", "-b", "noop",
		   SHORT);
	CLI_EXPECT("start=12", 1, "fewer workers", "run", "churn", "-b", "noop",
		   SHORT);
	CLI_EXPECT("start=28", 1, "state of CPU hotplug", "run", "churn", "-b",
		   "noop", SHORT);
	CLI_EXPECT("start=95", 2, "--clock auto", "run", "churn", "-b", "noop",
		   SHORT);
	CLI_EXPECT("start=71", 1, "same tree", "run", "churn", "-b", "noop",
		   SHORT);
	CLI_EXPECT("start=14", 1, "bug", "run", "churn", "-b", "noop", SHORT);
	CLI_EXPECT("hist=61", 1, "dmesg", "run", "churn", "-b", "noop", SHORT);
	CLI_EXPECT("fail_2=12", 1, "fewer workers", "run", "churn", "-b",
		   "noop", SHORT);
	CLI_EXPECT("finish=61", 1, "no run", "run", "churn", "-b", "noop",
		   SHORT);
	CLI_EXPECT("leak=3", 1, "3 objects never freed", "run", "churn", "-b",
		   "noop", SHORT);
	CLI_EXPECT("invent=1", 1, "contradict", "run", "churn", "-b", "noop",
		   SHORT);
}

/* Item @i of the member @list. */
static json_t *item_of(const json_t *object, const char *list, size_t i)
{
	return json_array_get(json_object_get(object, list), i);
}

/* To the digits of a real in JSON. */
static bool near(double a, double b)
{
	return fabs(a - b) < 0.000000001;
}

static double real_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static size_t length_of(const json_t *object, const char *key)
{
	return json_array_size(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* The whole document; its inner object is @body. */
static json_t *cli_json(const struct cli *cli, json_t **body)
{
	json_error_t error;
	json_t *root = json_loads(cli->out, 0, &error);

	CHECK_MSG(root, "%s: %s", error.text, cli->err);
	*body = json_object_get(root, "magslab");
	return root;
}

static void test_list(void)
{
	struct cli cli = { 0 };
	json_t *root, *body, *workload;

	unit_test("magctl: list shows what the device describes");
	CLI_RUN(&cli, "list");
	CHECK(cli.code == 0);
	CHECK(strstr(cli.out, "workload churn: allocates and frees"));
	CHECK(strstr(cli.out, "depth"));
	CHECK(strstr(cli.out, "ktime"));
	cli_free(&cli);

	CLI_RUN(&cli, "list", "workloads", "--json");
	root = cli_json(&cli, &body);
	CHECK(length_of(body, "workloads") == 2);
	CHECK(!json_object_get(body, "backends"));
	workload = item_of(body, "workloads", 0);
	CHECK(number_of(item_of(workload, "params", 1), "max") == 1 << 20);
	json_decref(root);
	cli_free(&cli);
}

static void check_spans(const json_t *op)
{
	json_t *spans = json_object_get(op, "histogram");
	json_int_t total = 0, last = -1;

	for (size_t i = 0; i < json_array_size(spans); i++) {
		json_t *span = json_array_get(spans, i);
		json_int_t low = json_integer_value(json_array_get(span, 0));

		CHECK(low > last);
		last = json_integer_value(json_array_get(span, 1));
		total += json_integer_value(json_array_get(span, 2));
	}
	CHECK(total == number_of(op, "count"));
}

static void test_run_json(void)
{
	struct cli cli = { .machine = "bench", .fake = "outside=1" };
	json_t *root, *body, *config, *backend, *env, *op;

	unit_test("magctl: run --json holds settings and all samples");
	CLI_RUN(&cli, "run", "churn", "-b", "magazine", "-p", "depth=16",
		"--seed", "9", "--json", "-", SHORT);
	CHECK(cli.code == 0);
	root = cli_json(&cli, &body);
	env = json_object_get(body, "environment");
	config = json_object_get(body, "config");
	CHECK(!strcmp(text_of(body, "format"), "magslab-result"));
	CHECK(!strcmp(text_of(env, "machine"), "bench"));
	CHECK(!strcmp(text_of(config, "clock"), "tsc"));
	CHECK(!strcmp(text_of(config, "unit"), "ns"));
	CHECK(number_of(config, "seed") == 9);
	config = json_object_get(config, "params");
	CHECK(number_of(config, "depth") == 16);
	backend = item_of(body, "backends", 0);
	CHECK(!strcmp(text_of(backend, "held_source"), "backend"));
	op = item_of(backend, "ops", 0);
	CHECK(number_of(op, "below") == 1);
	CHECK(number_of(op, "above") == 1);
	CHECK(number_of(op, "count") == 5002);
	check_spans(op);
	json_decref(root);
	cli_free(&cli);
}

static void check_says(const struct cli *cli, const char *text)
{
	CHECK_MSG(strstr(cli->out, text), "no \"%s\" in: %s", text, cli->out);
}

static void check_says_err(const struct cli *cli, const char *text)
{
	CHECK_MSG(strstr(cli->err, text), "no \"%s\" in: %s", text, cli->err);
}

static void test_clocks(void)
{
	struct cli cli = { .fake = "insns=1" };

	unit_test("magctl: where ticks are instructions, they are the unit");
	CLI_RUN(&cli, "run", "batch", "-b", "noop", SHORT);
	check_says(
		&cli,
		"  clock      ticks; step 1 insns, readings follow each other by 44 insns; times in insns");
	CHECK(strstr(cli.out, "machine    icount,"));
	CHECK(strstr(cli.out, "pairs/1e6 insns"));
	CHECK(strstr(cli.out, "times 100 at once"));
	/* 1200000 steps in 5e8 instructions */
	CHECK_MSG(strstr(cli.out, " 2400.00 "), "%s", cli.out);
	cli_free(&cli);

	cli.machine = "simulator";
	CLI_RUN(&cli, "run", "batch", "-b", "noop", "--clock", "auto", SHORT);
	CHECK_MSG(strstr(cli.out, "; times in insns"), "%s", cli.out);
	CHECK(strstr(cli.out, "machine    simulator,"));
	cli_free(&cli);
	CLI_RUN(&cli, "info");
	CHECK_MSG(strstr(cli.out, "ticks; times in insns"), "%s", cli.out);
	cli_free(&cli);

	unit_test("magctl: elsewhere ticks are ticks");
	cli.fake = NULL;
	CLI_RUN(&cli, "run", "batch", "-b", "noop", "--clock", "ticks", SHORT);
	CHECK(strstr(cli.out, "; times in ticks"));
	CHECK(strstr(cli.out, "pairs/s"));
	cli_free(&cli);
	cli.fake = "no_tsc=1";
	cli.machine = "um";
	CLI_RUN(&cli, "run", "batch", "-b", "noop", SHORT);
	check_says(
		&cli,
		"  clock      ktime; step 1 ns, readings follow each other by 44 ns; times in ns");
	CHECK(strstr(cli.out, "machine    um,"));
	cli_free(&cli);
}

/* No unit is printed that the figures are not in. */
static void test_wrong_units(void)
{
	struct cli cli = { .machine = "icount" };

	unit_test("magctl: a unit that cannot be true is refused");
	CLI_RUN(&cli, "run", "batch", "-b", "noop", SHORT);
	CHECK_MSG(cli.code == 2, "exit %d", cli.code);
	CHECK_MSG(strstr(cli.err, "another name"), "%s", cli.err);
	CHECK(!*cli.out);
	cli_free(&cli);
	cli.fake = "insns=1,no_tsc=1";
	CLI_RUN(&cli, "info");
	CHECK_MSG(cli.code == 2, "exit %d", cli.code);
	cli_free(&cli);

	CLI_EXPECT(NULL, 2, "another name", "info", "--machine", "icount");
	CLI_EXPECT("insns=1", 0, "", "info", "--machine", "icount");
	CLI_EXPECT("insns=1", 2, "--clock ticks", "run", "batch", "-b", "noop",
		   "--clock", "ktime", SHORT);
	CLI_EXPECT("insns=1", 2, "--clock ticks", "run", "batch", "-b", "noop",
		   "--clock", "tsc", SHORT);
}

static void check_place(const json_t *body, bool debug)
{
	const json_t *env = json_object_get(body, "environment");
	const json_t *hooks = json_object_get(env, "hooks");

	CHECK(!strcmp(text_of(env, "machine"), "a \"b\", c"));
	CHECK(!strcmp(text_of(env, "kernel"), "6.1.0-fake"));
	CHECK(*text_of(env, "arch"));
	CHECK(json_is_boolean(json_object_get(env, "debug_kernel")));
	CHECK(json_is_true(json_object_get(env, "debug_kernel")) == debug);
	CHECK(json_is_true(json_object_get(hooks, "kasan")) == debug);
}

static void check_place_json(const struct cli *cli, bool debug)
{
	json_t *root, *body, *config;

	root = cli_json(cli, &body);
	check_place(body, debug);
	config = json_object_get(body, "config");
	CHECK(!strcmp(text_of(config, "clock"), "tsc"));
	CHECK(!strcmp(text_of(config, "unit"), "ns"));
	json_decref(root);
}

static void check_place_text(const struct cli *cli, bool debug)
{
	CHECK_MSG(strstr(cli->out, "  machine    a \"b\", c, 2 CPU"), "%s",
		  cli->out);
	CHECK(strstr(cli->out, "  kernel     6.1.0-fake "));
	CHECK(strstr(cli->out, "  clock      tsc; "));
	CHECK(strstr(cli->out, "; times in ns"));
	CHECK(!!strstr(cli->out, "WARNING") == debug);
	CHECK(!!strstr(cli->out, "it has kasan (use a kernel ") == debug);
}

static void check_place_of_all(const char *fake, bool debug)
{
	struct cli cli = { .machine = "a \"b\", c", .fake = fake };
	json_t *root, *body;

	CLI_RUN(&cli, "run", "churn", "-b", "noop", SHORT);
	check_place_text(&cli, debug);
	cli_free(&cli);
	CLI_RUN(&cli, "compare", "churn", "--rounds", "2", SHORT);
	check_place_text(&cli, debug);
	cli_free(&cli);
	CLI_RUN(&cli, "info");
	check_place_text(&cli, debug);
	cli_free(&cli);

	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", "-", SHORT);
	check_place_json(&cli, debug);
	cli_free(&cli);
	CLI_RUN(&cli, "compare", "churn", "--rounds", "2", "--json", "-",
		SHORT);
	check_place_json(&cli, debug);
	cli_free(&cli);
	CLI_RUN(&cli, "info", "--json");
	root = cli_json(&cli, &body);
	check_place(body, debug);
	CHECK(!strcmp(text_of(body, "auto_clock"), "tsc"));
	CHECK(!strcmp(text_of(body, "unit"), "ns"));
	json_decref(root);
	cli_free(&cli);

	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--histogram", "-", SHORT);
	CHECK_MSG(
		strstr(cli.out,
		       debug ? "\n\"a \"\"b\"\", c\",6.1.0-fake,1,tsc,noop,free,1,ns,"
			     : "\n\"a \"\"b\"\", c\",6.1.0-fake,0,tsc,noop,free,1,ns,"),
		"%.200s", cli.out);
	cli_free(&cli);
}

static void test_place(void)
{
	unit_test("magctl: every result names machine, kernel, clock and unit");
	check_place_of_all(NULL, false);
	unit_test("magctl: every result of a debug kernel says that it is one");
	check_place_of_all("kasan=1", true);
}

static void test_compare(void)
{
	struct cli cli = { 0 };

	unit_test("magctl: compare reports ratios, verdicts and net figures");
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put("/proc/slabinfo", "slabinfo - version: 2.1\n");
	CLI_RUN(&cli, "compare", "churn", "-b", "magazine,kmem_cache,noop",
		SHORT);
	CHECK(cli.code == 0);
	CHECK(strstr(cli.out, "against kmem_cache"));
	CHECK(strstr(cli.out, "faster"));
	CHECK(strstr(cli.out, "net of noop"));
	CHECK(strstr(cli.out, "slabinfo"));
	cli_free(&cli);
	tree_remove();

	CLI_RUN(&cli, "compare", "churn", "-b", "noop,magazine", "--rounds",
		"2", SHORT);
	CHECK(cli.code == 0);
	CHECK(strstr(cli.out, "against noop"));
	CHECK(strstr(cli.out, "fewer than 3 rounds"));
	CHECK(!strstr(cli.out, "faster") && !strstr(cli.out, "slower"));
	cli_free(&cli);
}

/* The ratio of an operation's p50 on magazine, to kmem_cache. */
static json_t *ratio_of(const json_t *body, const char *metric)
{
	json_t *ratios = json_object_get(body, "ratios"), *ratio;
	size_t i;

	json_array_foreach(ratios, i, ratio)
	{
		if (!strcmp(text_of(ratio, "backend"), "magazine") &&
		    !strcmp(text_of(ratio, "metric"), metric))
			return ratio;
	}
	return NULL;
}

static void test_machine(void)
{
	struct cli cli = { .machine = "bench" };

	unit_test("magctl: machine shows costs beside those of bare metal");
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put("/sys/devices/system/cpu/online", "0-1\n");
	CLI_RUN(&cli, "machine", "--cpus", "0");
	CHECK_MSG(cli.code == 0, "exit %d: %s", cli.code, cli.err);
	CHECK(strstr(cli.out, "  machine    bench, 2 CPU"));
	CHECK(strstr(cli.out, "  clock      tsc\n"));
	CHECK(strstr(cli.out, "  step       10 ns"));
	CHECK(strstr(cli.out, "  reading    10.1 ns"));
	CHECK(strstr(cli.out,
		     "  timer      250 ticks a second, CONFIG_HZ=250\n"));
	check_says(
		&cli,
		"  gaps       100 a second, the longest 2 us; 0.10 % of the time\n");
	CHECK_MSG(strstr(cli.out, "\n  irq        5.00    5.10       5.10 "),
		  "%s", cli.out);
	CHECK(strstr(cli.out, " 2 to 10 ns    4.6    5.0  interrupts masked"));
	CHECK(strstr(cli.out, "needs two CPUs"));
	CHECK(!strstr(cli.out, "WARNING") && !strstr(cli.out, "PROPORTION"));
	cli_free(&cli);

	cli.fake = "cost_irq=2000,up=1,no_ticks=1";
	CLI_RUN(&cli, "machine", "--cpus", "0");
	CHECK(cli.code == 0);
	CHECK_MSG(strstr(cli.out, "WARNING    irq (interrupts masked and"),
		  "%s", cli.out);
	CHECK(strstr(cli.out, ") costs 2000 ns, 1818 calls; on bare"));
	CHECK(strstr(cli.out, "metal it costs 2 to 10 ns, at most 5 calls: "));
	CHECK(!strncmp(cli.out, "  WARNING", 9));
	CHECK(strstr(cli.out, "WARNING    a kernel without SMP"));
	CHECK(strstr(cli.out, "  timer      unknown, CONFIG_HZ=250\n"));
	CHECK(strstr(cli.out, "OUT OF PROPORTION\n"));
	cli_free(&cli);

	CLI_EXPECT("machine=16", 1, "another measurement", "machine");
	CLI_EXPECT("machine=25", 1, "same tree", "machine");
	CLI_EXPECT("machine=12", 1, "not enough memory", "machine");
	CLI_EXPECT("machine=22", 1, "unknown CPU or clock", "machine");
	CLI_EXPECT("machine=95", 1, "does not move", "machine");
	CLI_EXPECT(NULL, 2, "not a list of CPUs", "machine", "--cpus", "1-");
	CLI_EXPECT(NULL, 2, "in rising order", "machine", "--cpus", "1,0");
	CLI_EXPECT(NULL, 2, "each once", "machine", "--cpus", "0,0");
	CLI_EXPECT(NULL, 2, "at most 65535", "machine", "--cpus", "0-99999");
	CLI_EXPECT(NULL, 2, "CPU 65535 is not online", "machine", "--cpus",
		   "0,65535");
	CLI_EXPECT(NULL, 2, "what is \"x\"?", "machine", "x");
	tree_remove();
	CLI_EXPECT(NULL, 2, "is /sys mounted?", "machine", "--cpus", "0");
}

static const json_t *cost_of(const json_t *body, const char *name)
{
	const json_t *primitives = json_object_get(body, "primitives");

	for (size_t i = 0; i < length_of(primitives, "costs"); i++) {
		const json_t *cost = item_of(primitives, "costs", i);

		if (!strcmp(text_of(cost, "name"), name))
			return cost;
	}
	return NULL;
}

static void check_interval(const json_t *object, double low, double high)
{
	double got_low = real_of(object, "low");
	double got_high = real_of(object, "high");

	CHECK_MSG(near(got_low, low) && near(got_high, high),
		  "%g to %g, not %g to %g", got_low, got_high, low, high);
}

/* 80 to 40 ticks by a step of @step; the p50 is known to half of it, the p99 to all. */
static void check_verdict(const char *fake, const char *workload,
			  const char *verdict, double step)
{
	static const char *const metrics[] = { "p50", "p99" };
	struct cli cli = { .fake = fake };
	json_t *root, *body, *ratio;

	CLI_RUN(&cli, "compare", (char *)workload, "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	for (size_t i = 0; i < 2; i++) {
		double slack = i ? step : step / 2;

		ratio = ratio_of(body, metrics[i]);
		CHECK_MSG(!strcmp(text_of(ratio, "verdict"), verdict),
			  "%s: %s, not %s", fake, text_of(ratio, "verdict"),
			  verdict);
		CHECK(near(real_of(ratio, "ratio"), 2));
		if (slack < 40)
			check_interval(ratio, (80 - slack) / (40 + slack),
				       (80 + slack) / (40 - slack));
		else
			CHECK(json_is_null(json_object_get(ratio, "high")));
	}
	ratio = ratio_of(body, "throughput");
	CHECK(strcmp(text_of(ratio, "verdict"), "below clock step"));
	json_decref(root);
	cli_free(&cli);
}

/* Every sample 80 ticks on magazine and 40 on kmem_cache, 40 ns and 20. */
static void test_clock_step(void)
{
	unit_test(
		"magctl: a difference of one step of the clock is no verdict");
	check_verdict("flat=1,step=40", "churn", "below clock step", 40);
	check_verdict("flat=1,step=41", "churn", "below clock step", 41);
	unit_test("magctl: a difference of several steps is one, and no point");
	check_verdict("flat=1,step=4", "churn", "slower", 4);
	check_verdict("flat=1,step=1", "churn", "slower", 1);
	unit_test("magctl: batches are finer than the step of the clock");
	check_verdict("flat=1,step=4", "batch", "slower", 4);
}

static void check_net(const json_t *net, double low, double high)
{
	CHECK_MSG(near(real_of(net, "value"), 30), "net %g",
		  real_of(net, "value"));
	check_interval(net, low, high);
}

/* 40 ns on magazine less 10 on noop, by a clock of 2 ns. */
static void test_net(void)
{
	struct cli cli = { .fake = "flat=1,step=4" };
	json_t *root, *body, *net;

	unit_test("magctl: net of noop is of paired rounds, with an interval");
	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	net = item_of(body, "net_of_noop", 0);
	CHECK(number_of(net, "pairs") == 5);
	check_net(json_object_get(net, "p50"), 28, 32);
	check_net(json_object_get(net, "mean"), 30, 30);
	json_decref(root);
	cli_free(&cli);

	CLI_RUN(&cli, "compare", "churn", "--rounds", "2", "--json", "-",
		SHORT);
	root = cli_json(&cli, &body);
	net = item_of(body, "net_of_noop", 0);
	CHECK(number_of(net, "pairs") == 2);
	net = json_object_get(net, "p50");
	CHECK(near(real_of(net, "value"), 30));
	CHECK(json_is_null(json_object_get(net, "low")));
	CHECK(json_is_null(json_object_get(net, "high")));
	json_decref(root);
	cli_free(&cli);

	cli.fake = "flat=1,step=80";
	CLI_RUN(&cli, "compare", "churn", SHORT);
	check_says(&cli, ", no upper end ");
	cli_free(&cli);
	cli.fake = "flat=1,step=4";
	CLI_RUN(&cli, "compare", "churn", SHORT);
	check_says(&cli,
		   "  30       28 to 32        30       30 to 30      5\n");
	cli_free(&cli);
}

static void test_scaled(void)
{
	struct cli cli = { .fake = "flat=1,step=26" };
	json_t *root, *body, *config, *op, *span;

	unit_test("magctl: ticks are scaled by the rate of the clock");
	CLI_RUN(&cli, "run", "churn", "-b", "magazine", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	config = json_object_get(body, "config");
	CHECK(number_of(config, "clock_khz") == 2000000);
	CHECK(real_of(config, "clock_step") == 13);
	CHECK(real_of(config, "clock_read") == 22);
	op = item_of(item_of(body, "backends", 0), "ops", 0);
	CHECK(real_of(op, "unit_per_tick") == 0.5);
	CHECK(real_of(op, "min") == 40 && real_of(op, "max") == 40);
	CHECK(real_of(op, "sum") == 5000 * 40);
	CHECK(real_of(json_object_get(op, "percentiles"), "p99") == 40);
	span = item_of(op, "histogram", 0);
	CHECK(json_integer_value(json_array_get(span, 0)) == 80);
	CHECK(json_integer_value(json_array_get(span, 1)) == 80);
	json_decref(root);
	cli_free(&cli);

	CLI_RUN(&cli, "run", "churn", "-b", "magazine", "--histogram", "-",
		SHORT);
	check_says(&cli, ",magazine,alloc,1,ns,40,40,5000\n");
	cli_free(&cli);
	CLI_EXPECT("no_khz=1", 1, "same tree", "run", "churn", "-b", "noop",
		   SHORT);
}

/* As many decimals as a step reaches, up to four digits. */
static void test_decimals(void)
{
	struct cli cli = { .fake = "flat=1,step=2" };

	unit_test("magctl: no figure has decimals that the clock does not");
	CLI_RUN(&cli, "run", "churn", "-b", "magazine", SHORT);
	check_says(&cli, " 5000   40   40   40 ");
	cli_free(&cli);
	cli.fake = "flat=1,step=1";
	CLI_RUN(&cli, "run", "churn", "-b", "magazine", SHORT);
	check_says(&cli, " 5000  40.0  40.0  40.0 ");
	cli_free(&cli);
	CLI_RUN(&cli, "run", "batch", "-b", "magazine", SHORT);
	check_says(&cli, " 5000  0.40  0.40  0.40 ");
	cli_free(&cli);
	cli.fake = "step=1";
	CLI_RUN(&cli, "run", "churn", "-b", "kmem_cache", SHORT);
	check_says(&cli, " 191.5  691.0  2046 ");
	cli_free(&cli);
}

static void test_machine_json(void)
{
	struct cli cli = { .fake = "cost_this_cpu=300" };
	const json_t *cost, *primitives;
	json_t *root, *body;

	unit_test("magctl: machine --json has what the table has");
	CLI_RUN(&cli, "machine", "--json");
	CHECK(cli.code == 0);
	root = cli_json(&cli, &body);
	CHECK(!strcmp(text_of(body, "format"), "magslab-machine"));
	CHECK(number_of(body, "version") == 1);
	CHECK(!strcmp(text_of(body, "clock"), "tsc"));
	primitives = json_object_get(body, "primitives");
	CHECK(json_is_true(json_object_get(primitives, "measured")));
	CHECK(json_is_true(json_object_get(primitives, "smp")));
	CHECK(!strcmp(text_of(primitives, "unit"), "ns"));
	CHECK(length_of(primitives, "cpus") == 1);
	CHECK(length_of(primitives, "costs") == 9);
	CHECK(number_of(primitives, "hz") == 250);
	CHECK(real_of(primitives, "clock_step") == 10);
	CHECK(real_of(primitives, "gaps_per_second") == 100);
	cost = cost_of(body, "this_cpu");
	CHECK(real_of(cost, "min") == 300 && real_of(cost, "median") == 300.1);
	CHECK(json_is_true(json_object_get(cost, "out_of_proportion")));
	cost = cost_of(body, "irq");
	CHECK(json_is_false(json_object_get(cost, "out_of_proportion")));
	cost = cost_of(body, "line");
	CHECK(json_is_false(json_object_get(cost, "measured")));
	CHECK(json_is_null(json_object_get(cost, "median")));
	CHECK(length_of(body, "warnings") == 1);
	CHECK(!strcmp(text_of(item_of(body, "warnings", 0), "name"),
		      "machine_this_cpu"));
	json_decref(root);
	cli_free(&cli);
}

/* All verdicts of a document, of one backend, are or are not @verdict. */
static void check_verdicts(const json_t *body, const char *backend,
			   const char *verdict, bool are)
{
	size_t seen = 0;

	for (size_t i = 0; i < length_of(body, "ratios"); i++) {
		const json_t *ratio = item_of(body, "ratios", i);

		if (strcmp(text_of(ratio, "backend"), backend))
			continue;
		seen++;
		CHECK_MSG(!strcmp(text_of(ratio, "verdict"), verdict) == are,
			  "%s %s: %s", backend, text_of(ratio, "metric"),
			  text_of(ratio, "verdict"));
		CHECK(json_is_real(json_object_get(ratio, "ratio")));
		CHECK(json_is_real(json_object_get(ratio, "low")));
	}
	/* The throughput, and two percentiles of two operations. */
	CHECK(seen == 5);
}

static void machine_verdicts(const char *fake, const char *baseline,
			     const char *other, bool machine, bool noop)
{
	struct cli cli = { .fake = fake };
	json_t *root, *body;

	CLI_RUN(&cli, "compare", "churn", "-b", "magazine,kmem_cache,noop",
		"--baseline", (char *)baseline, "--json", "-", SHORT);
	CHECK(cli.code == 0);
	root = cli_json(&cli, &body);
	check_verdicts(body, other, "machine", machine);
	check_verdicts(body, "noop", "machine", noop);
	json_decref(root);
	cli_free(&cli);
}

/* A primitive that no backend uses, or that all share, refuses no verdict. */
static void machine_precondition(const char *fake, const char *name, bool is)
{
	struct cli cli = { .fake = fake };
	json_t *root, *body, *warning;

	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	CHECK(length_of(body, "warnings") == 1);
	warning = item_of(body, "warnings", 0);
	CHECK_MSG(!strcmp(text_of(warning, "name"), name), "%s",
		  text_of(warning, "name"));
	CHECK(json_is_true(json_object_get(warning, "precondition")) == is);
	CHECK(strstr(text_of(warning, "cure"), "UM_SOFT_IPI=1"));
	json_decref(root);
	cli_free(&cli);
}

static void test_machine_verdict(void)
{
	struct cli cli = { .fake = "cost_irq=2000" };

	unit_test("magctl: what the machine could explain has no verdict");
	machine_verdicts(NULL, "kmem_cache", "magazine", false, false);
	/* It is the baseline that masks interrupts: against all of them. */
	machine_verdicts("cost_irq=2000", "kmem_cache", "magazine", true, true);
	machine_verdicts("cost_irq=2000", "magazine", "kmem_cache", true,
			 false);
	/* Nobody here uses it, and the clock is everybody's. */
	machine_verdicts("cost_bh=2000", "kmem_cache", "magazine", false,
			 false);
	machine_verdicts("cost_clock=5000", "kmem_cache", "magazine", false,
			 false);

	machine_precondition("cost_irq=2000", "machine_irq", true);
	machine_precondition("cost_bh=2000", "machine_bh", false);
	machine_precondition("cost_clock=5000", "machine_clock", false);

	CLI_RUN(&cli, "compare", "churn", "-b", "magazine,kmem_cache", SHORT);
	CHECK(cli.code == 0);
	CHECK_MSG(strstr(cli.out, "  machine\n"), "%s", cli.out);
	CHECK(!strstr(cli.out, "faster") && !strstr(cli.out, "slower"));
	CHECK(strstr(cli.out, " irq 2000! "));
	/* Right below the title. */
	check_says(
		&cli,
		"on magazine, kmem_cache\n  WARNING    irq (interrupts masked");
	cli_free(&cli);
}

/* An older module, or another's measurement: figures, but not without a word. */
static void test_machine_not_measured(void)
{
	struct cli cli = { .fake = "machine=25" };
	json_t *root, *body;

	unit_test("magctl: a machine that was not measured is a warning");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", SHORT);
	CHECK(cli.code == 0);
	CHECK(strstr(cli.out, "  primitives not measured\n"));
	CHECK(strstr(cli.out, "WARNING    what primitives cost"));
	cli_free(&cli);
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	CHECK(!strcmp(text_of(item_of(body, "warnings", 0), "name"),
		      "machine_not_measured"));
	CHECK(json_is_true(
		json_object_get(item_of(body, "warnings", 0), "precondition")));
	body = json_object_get(body, "primitives");
	CHECK(json_is_false(json_object_get(body, "measured")));
	CHECK(*text_of(body, "error"));
	json_decref(root);
	cli_free(&cli);
	/* It could explain any difference. */
	machine_verdicts("machine=16", "kmem_cache", "magazine", true, true);
}

static void check_rounds(const json_t *backend, size_t nr, json_int_t seed)
{
	CHECK(length_of(backend, "rounds") == nr);
	for (size_t i = 0; i < nr; i++) {
		const json_t *round = item_of(backend, "rounds", i);

		CHECK(number_of(round, "seed") == seed + (json_int_t)i);
		CHECK(!strcmp(text_of(round, "status"), "whole"));
	}
}

static void test_compare_json(void)
{
	struct cli cli = { 0 };
	json_t *root, *body;

	unit_test("magctl: compare gives all the same seed in a round");
	CLI_RUN(&cli, "compare", "churn", "--rounds", "3", "--seed", "5",
		"--json", "-", SHORT);
	root = cli_json(&cli, &body);
	for (size_t i = 0; i < 3; i++) {
		const json_t *backend = item_of(body, "backends", i);
		const json_t *op = item_of(backend, "ops", 0);

		check_rounds(backend, 3, 5);
		CHECK(number_of(op, "count") == 15000);
		check_spans(op);
	}
	CHECK(json_is_real(json_object_get(item_of(body, "ratios", 0), "low")));
	/* Two backends beside noop, two operations each. */
	CHECK(length_of(body, "net_of_noop") == 4);
	json_decref(root);
	cli_free(&cli);
}

static void test_one_fails(void)
{
	struct cli cli = { .fake = "fail_1=12" };
	json_t *root, *body, *backend, *round;

	unit_test("magctl: a backend out of memory leaves the others' results");
	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	CHECK(cli.code == 1);
	root = cli_json(&cli, &body);
	check_rounds(item_of(body, "backends", 0), 5, 1);
	check_rounds(item_of(body, "backends", 2), 5, 1);
	backend = item_of(body, "backends", 1);
	CHECK(json_is_true(json_object_get(backend, "failed")));
	CHECK(length_of(backend, "rounds") == 1);
	round = item_of(backend, "rounds", 0);
	CHECK(!strcmp(text_of(round, "status"), "failed"));
	CHECK(number_of(round, "errno") == 12);
	json_decref(root);
	cli_free(&cli);
}

static void test_lost_cpu(void)
{
	struct cli cli = { .fake = "fail_1=19,lost_cpu=7" };
	json_t *root, *body, *round;

	unit_test(
		"magctl: a CPU that goes ends all, and leaves what was measured");
	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	check_says_err(&cli,
		       "churn on kmem_cache, round 1: CPU 7 went offline");
	root = cli_json(&cli, &body);
	check_rounds(item_of(body, "backends", 0), 1, 1);
	CHECK(length_of(item_of(body, "backends", 2), "rounds") == 0);
	round = item_of(item_of(body, "backends", 1), "rounds", 0);
	CHECK(!strcmp(text_of(round, "status"), "failed"));
	CHECK(number_of(round, "lost_cpu") == 7);
	json_decref(root);
	cli_free(&cli);
	CLI_RUN(&cli, "compare", "churn", SHORT);
	check_says(&cli, "magazine");
	cli_free(&cli);
}

static const json_t *round_of(const json_t *body, size_t backend, size_t i)
{
	return item_of(item_of(body, "backends", backend), "rounds", i);
}

static void two_cpus(void)
{
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put("/sys/devices/system/cpu/online", "0-1\n");
}

/* The fourth START is magazine's of the second round, in which it goes last. */
static void test_cpu_gone_between(void)
{
	struct cli cli = { .fake = "gone=4" };
	const json_t *round;
	json_t *root, *body;

	unit_test("magctl: a CPU that goes between two rounds is told as such");
	two_cpus();
	CLI_RUN(&cli, "compare", "churn", "-b", "magazine,kmem_cache",
		"--rounds", "4", "--json", "-", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	check_says_err(&cli,
		       "churn on magazine, round 2: CPU 1 went offline, which");
	root = cli_json(&cli, &body);
	check_rounds(item_of(body, "backends", 1), 2, 1);
	CHECK(length_of(item_of(body, "backends", 0), "rounds") == 2);
	CHECK(!strcmp(text_of(round_of(body, 0, 0), "status"), "whole"));
	round = round_of(body, 0, 1);
	CHECK(!strcmp(text_of(round, "status"), "failed"));
	CHECK(number_of(round, "errno") == ENODEV);
	CHECK(number_of(round, "lost_cpu") == 1);
	json_decref(root);
	cli_free(&cli);
	tree_remove();

	two_cpus();
	cli.fake = "gone=1";
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", "-", SHORT);
	CHECK(cli.code == 1);
	root = cli_json(&cli, &body);
	CHECK(number_of(round_of(body, 0, 0), "lost_cpu") == 1);
	json_decref(root);
	cli_free(&cli);
	tree_remove();
}

static void test_cpu_comes_back(void)
{
	struct cli cli = { .fake = "lose=4,lost_cpu=1" };
	json_t *root, *body, *backend;

	unit_test("magctl: a CPU that is back costs compare one round alone");
	two_cpus();
	CLI_RUN(&cli, "compare", "churn", "-b", "magazine,kmem_cache",
		"--rounds", "4", "--json", "-", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	check_says_err(
		&cli,
		"churn on magazine, round 2: CPU 1 went offline, and is back");
	root = cli_json(&cli, &body);
	check_rounds(item_of(body, "backends", 1), 4, 1);
	backend = item_of(body, "backends", 0);
	CHECK(length_of(backend, "rounds") == 4);
	CHECK(json_is_false(json_object_get(backend, "failed")));
	CHECK(number_of(round_of(body, 0, 1), "lost_cpu") == 1);
	CHECK(!strcmp(text_of(round_of(body, 0, 3), "status"), "whole"));
	CHECK(number_of(item_of(body, "ratios", 0), "pairs") == 3);
	json_decref(root);
	cli_free(&cli);
	cli.fake = "lose=1,lost_cpu=1";
	CLI_RUN(&cli, "run", "churn", "-b", "noop", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	check_says_err(&cli, "CPU 1 went offline");
	cli_free(&cli);
	tree_remove();
}

/* Two nodes of two cores of two threads: 0 and 4, 1 and 5; 2 and 6, 3 and 7. */
static void place_tree(const char *allowed)
{
	char path[128], text[64];

	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put("/sys/devices/system/cpu/online", "0-7\n");
	for (int cpu = 0; cpu < 8; cpu++) {
		snprintf(
			path, sizeof(path),
			"/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
			cpu);
		snprintf(text, sizeof(text), "%d,%d\n", cpu % 4, cpu % 4 + 4);
		tree_put(path, text);
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/node%d", cpu,
			 cpu % 4 / 2);
		tree_put(path, "");
	}
	snprintf(text, sizeof(text), "Name:\tmagctl\nCpus_allowed_list:\t%s\n",
		 allowed);
	tree_put("/proc/self/status", text);
}

/* The places of a run, as "cpu/core/node" each. */
static void check_places(int line, const char *expected, char **args)
{
	struct cli cli = { 0 };
	json_t *root, *body, *settings;
	char text[256] = "";
	size_t at = 0;

	cli_exec(&cli, args);
	CHECK_MSG(cli.code == 0, "line %d: exit %d: %s", line, cli.code,
		  cli.err);
	root = cli_json(&cli, &body);
	settings = json_object_get(body, "config");
	for (size_t i = 0; i < length_of(settings, "places"); i++) {
		const json_t *place = item_of(settings, "places", i);

		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s%lld/%lld/%lld", i ? " " : "",
				       number_of(place, "cpu"),
				       number_of(place, "core"),
				       number_of(place, "node"));
	}
	unit_check(!strcmp(text, expected), __FILE__, line, "places are %s",
		   text);
	json_decref(root);
	cli_free(&cli);
}

#define CHECK_PLACES(expected, ...)                                        \
	check_places(__LINE__, expected,                                   \
		     (char *[]){ (char *)cli_magctl, "run", "churn", "-b", \
				 "noop", "--json", "-", "-d", "1ms",       \
				 "--warmup", "0", __VA_ARGS__, NULL })

static void test_places(void)
{
	struct cli cli = { 0 };

	unit_test("magctl: workers are where the user's words say");
	place_tree("0-7");
	CHECK_PLACES("0/0/0 1/1/0 2/2/1", "-w", "3");
	CHECK_PLACES("3/3/1 6/2/1", "--cpus", "3,6");
	CHECK_PLACES("0/0/0 4/0/0 1/1/0", "-w", "3", "--place", "smt");
	CHECK_PLACES("0/0/0 1/1/0 2/2/1 3/3/1 4/0/0", "-w", "5", "--place",
		     "core");
	CHECK_PLACES("4/0/0 5/1/0", "--cpus", "4-5", "--place", "core");
	CHECK_PLACES("0/0/0 2/2/1 1/1/0 3/3/1 4/0/0", "-w", "5", "--place",
		     "node");
	tree_remove();

	unit_test("magctl: workers stay where magctl may run, unless told");
	place_tree("2-3,9");
	CHECK_PLACES("2/2/1 3/3/1", "-b", "noop");
	CHECK_PLACES("0/0/0", "--cpus", "0");
	CLI_EXPECT(NULL, 2, "2 may be used", "run", "churn", "-b", "noop", "-w",
		   "3");
	CLI_EXPECT(NULL, 2, "CPU 9 is not online", "run", "churn", "-b", "noop",
		   "--cpus", "0,9");
	CLI_EXPECT(NULL, 2, "rising order", "run", "churn", "-b", "noop",
		   "--cpus", "1,0");
	CLI_EXPECT(NULL, 2, "did you mean core?", "run", "churn", "-b", "noop",
		   "--place", "cor");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", SHORT);
	check_says(&cli, "2 workers on CPUs 2-3, ");
	cli_free(&cli);
	tree_remove();

	place_tree("9");
	CLI_EXPECT(NULL, 2, "no CPU that magctl may run on", "run", "churn",
		   "-b", "noop");
	tree_remove();
}

/* The words, with two mistakes; what is said is of the first, and of it alone. */
static void check_first(int line, const char *fake, const char *first,
			char **args)
{
	struct cli cli = { .fake = fake };
	bool alone;

	cli_exec(&cli, args);
	alone = strchr(cli.err, '\n') == strrchr(cli.err, '\n');
	unit_check(cli.code == 2, __FILE__, line, "exit %d: %s", cli.code,
		   cli.err);
	unit_check(alone && strstr(cli.err, first), __FILE__, line,
		   "not \"%s\" alone: %s", first, cli.err);
	cli_free(&cli);
}

#define CHECK_FIRST(fake, first, ...)      \
	check_first(__LINE__, fake, first, \
		    (char *[]){ (char *)cli_magctl, __VA_ARGS__, NULL })

static void check_measured(const char *cpus, const char *expected)
{
	struct cli cli = { 0 };

	if (cpus)
		CLI_RUN(&cli, "machine", "--cpus", (char *)cpus);
	else
		CLI_RUN(&cli, "machine");
	CHECK_MSG(cli.code == 0, "exit %d: %s", cli.code, cli.err);
	check_says(&cli, expected);
	cli_free(&cli);
}

static void test_machine_cpus(void)
{
	unit_test("magctl: machine measures where magctl may run, unless told");
	place_tree("2-4,9");
	check_measured(NULL, "  measured   on 3 CPUs, ");
	check_measured("0-5", "  measured   on 6 CPUs, ");
	check_measured("all", "  measured   on 8 CPUs, ");
	tree_remove();

	place_tree("9");
	CLI_EXPECT(NULL, 2, "no CPU that magctl may run on", "machine");
	tree_remove();
}

static void test_no_such_cpus(void)
{
	unit_test("magctl: CPUs that are not there are told before all else");
	place_tree("0-7");
	CHECK_FIRST("open=2", "CPU 8 is not online", "run", "churn", "-b",
		    "noop", "--cpus", "0-99");
	CHECK_FIRST("open=2", "CPU 8 is not online", "compare", "--cpus",
		    "0-99", "chrun", "-n", "abc");
	CHECK_FIRST("open=2", "CPU 8 is not online", "machine", "--cpus",
		    "0-99");
	CHECK_FIRST(NULL, "CPU 8 is not online", "machine", "--cpus", "8", "x");
	CHECK_FIRST(NULL, "abc", "run", "-n", "abc", "--cpus", "0-99");
	tree_remove();
}

static void test_clock_stands(void)
{
	struct cli cli = { .fake = "fail_1=95" };
	json_t *root, *body;

	unit_test("magctl: a clock that does not move ends all backends");
	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	CHECK(cli.code == 1);
	CHECK(strstr(cli.err, "the clock does not move"));
	root = cli_json(&cli, &body);
	CHECK(length_of(item_of(body, "backends", 0), "rounds") == 1);
	CHECK(length_of(item_of(body, "backends", 2), "rounds") == 0);
	json_decref(root);
	cli_free(&cli);
}

static void test_interrupt(void)
{
	struct cli cli = { .until = ": measuring,", .signals = 1 };
	json_t *root, *body, *backend;

	unit_test("magctl: SIGINT stops, reports what was measured, exits 130");
	CLI_RUN(&cli, "compare", "churn", "-d", "60s", "--warmup", "0",
		"--progress", "--json", "-");
	CHECK_MSG(cli.code == 130, "exit %d", cli.code);
	root = cli_json(&cli, &body);
	CHECK(json_is_true(json_object_get(body, "interrupted")));
	backend = item_of(body, "backends", 0);
	CHECK(!strcmp(text_of(item_of(backend, "rounds", 0), "status"),
		      "stopped"));
	CHECK(number_of(item_of(backend, "ops", 0), "count") == 5000);
	CHECK(length_of(item_of(body, "backends", 1), "rounds") == 0);
	json_decref(root);
	cli_free(&cli);

	CLI_RUN(&cli, "run", "churn", "-b", "noop", "-d", "60s", "--progress");
	CHECK(cli.code == 130);
	CHECK(strstr(cli.out, "(interrupted)"));
	CHECK(strstr(cli.out, "stopped"));
	cli_free(&cli);
}

static void test_terminate(void)
{
	static const int numbers[] = { SIGTERM, SIGHUP };
	struct cli cli = { .until = ": measuring,", .signals = 1 };
	json_t *root, *body;

	unit_test("magctl: SIGTERM and SIGHUP stop and report as SIGINT does");
	for (size_t i = 0; i < MAG_ARRAY_SIZE(numbers); i++) {
		cli.signal = numbers[i];
		CLI_RUN(&cli, "run", "churn", "-b", "noop", "-d", "60s",
			"--progress", "--json", "-");
		CHECK_MSG(cli.code == 130, "exit %d", cli.code);
		root = cli_json(&cli, &body);
		CHECK(json_is_true(json_object_get(body, "interrupted")));
		json_decref(root);
		cli_free(&cli);
	}
}

/* Sent once it measures; what ends it is the run's own bound. */
static void test_nohup(void)
{
	struct cli cli = { .until = ": measuring,",
			   .signals = 1,
			   .signal = SIGHUP,
			   .ignored = SIGHUP };

	unit_test("magctl: SIGHUP that was ignored before stays ignored");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "-d", "1s", "--warmup", "0",
		"--progress");
	CHECK_MSG(cli.code == 0, "exit %d: %s", cli.code, cli.err);
	CHECK(!strstr(cli.out, "interrupted"));
	cli_free(&cli);
}

static void check_result_without_reader(struct cli *cli, int code)
{
	char json[128];
	char *text;

	cli_path(json, sizeof(json), "unread.json");
	CLI_RUN(cli, "compare", "churn", "--rounds", "3", "--json", json,
		SHORT);
	CHECK_MSG(cli->code == code, "exit %d: %s", cli->code, cli->err);
	text = cli_slurp(json);
	CHECK_MSG(strstr(text, "magslab-result"), "the result is \"%s\"", text);
	free(text);
	unlink(json);
}

/* Warnings make a report longer than stdio holds back. */
#define WORDY \
	"cost_irq=20000,cost_preempt=20000,cost_bh=20000,cost_atomic=30000,cost_spinlock=30000"

static void test_no_reader(void)
{
	struct cli unread = { .fake = WORDY, .out_is = OUT_UNREAD };
	struct cli told = { .fake = WORDY,
			    .out_is = OUT_UNREAD,
			    .ignored = SIGPIPE };
	struct cli closed = { .fake = WORDY, .out_is = OUT_CLOSED };

	unit_test("magctl: a result is whole though nobody reads the report");
	check_result_without_reader(&unread, -SIGPIPE);
	CHECK_MSG(!*unread.err, "%s", unread.err);
	cli_free(&unread);
	CLI_RUN(&unread, "run", "churn", "-b", "noop", "--json", "-", SHORT);
	CHECK_MSG(unread.code == -SIGPIPE, "exit %d", unread.code);
	CHECK_MSG(!*unread.err, "%s", unread.err);
	cli_free(&unread);
	check_result_without_reader(&told, 1);
	CHECK(strstr(told.err, "Broken pipe"));
	cli_free(&told);
	check_result_without_reader(&closed, 1);
	CHECK(strstr(closed.err, "Bad file descriptor"));
	cli_free(&closed);
}

static void test_suggestions(void)
{
	unit_test(
		"magctl: the first mistake comes first, with the nearest name");
	CLI_EXPECT(NULL, 2, "unknown workload \"chrun\"; did you mean churn?",
		   "run", "chrun");
	CLI_EXPECT(NULL, 2, "unknown workload \"churm\"", "run", "churm",
		   "--json", "/no/such/file");
	CLI_EXPECT(NULL, 2,
		   "unknown backend \"kmemcache\"; did you mean kmem_cache?",
		   "run", "churn", "-b", "kmemcache", "-p", "nope=1");
	CLI_EXPECT(NULL, 2, "did you mean magazine?", "run", "churn", "-b",
		   "mag");
	CLI_EXPECT(NULL, 2, "unknown parameter \"dept\"; did you mean depth?",
		   "run", "churn", "-b", "noop", "-p", "dept=1", "-w", "99");
	CLI_EXPECT(NULL, 2, "did you mean ktime?", "run", "churn", "-b", "noop",
		   "--clock", "ktme");
	CLI_EXPECT(NULL, 2, "did you mean --histogram?", "run", "churn",
		   "--histgram=x");
	CLI_EXPECT(NULL, 2, "did you mean compare?", "comapre");
	CLI_EXPECT(NULL, 2, "did you mean backends?", "list", "backend");
	CLI_EXPECT(NULL, 2, "\"zzz\"; valid: churn batch", "run", "zzz");
}

static void test_order(void)
{
	unit_test("magctl: of two mistakes the first word's is told");
	CHECK_FIRST(NULL, "chrun", "run", "chrun", "-n", "abc");
	CHECK_FIRST(NULL, "abc", "run", "-n", "abc", "chrun");
	CHECK_FIRST(NULL, "chrun", "run", "chrun", "extra");
	CHECK_FIRST(NULL, "chrun", "run", "chrun", "--rounds", "3");
	CHECK_FIRST(NULL, "chrun", "run", "chrun", "--nope");
	CHECK_FIRST(NULL, "nop", "run", "churn", "-b", "nop", "-n", "abc");
	CHECK_FIRST(NULL, "abc", "run", "churn", "-n", "abc", "-b", "nop");
	CHECK_FIRST(NULL, "kmemcache", "compare", "churn", "-b",
		    "noop,kmemcache", "--rounds", "x");
	CHECK_FIRST(NULL, "dept", "run", "churn", "-p", "dept=1", "-b", "nop");
	CHECK_FIRST(NULL, "dept", "run", "-p", "dept=1", "churn", "-b", "nop");
	CHECK_FIRST(NULL, "chrun", "run", "-p", "dept=1", "chrun");
	CHECK_FIRST(NULL, "depth=65", "run", "churn", "-p", "depth=65", "-b",
		    "nop");
	CHECK_FIRST(NULL, "ktme", "run", "churn", "--clock", "ktme", "-b",
		    "nop");
	CHECK_FIRST(NULL, "nop", "compare", "churn", "--baseline", "nop", "-b",
		    "mag,noop");
	CHECK_FIRST(NULL, "smtt", "run", "churn", "--place", "smtt", "-b",
		    "nop");
	CHECK_FIRST(NULL, "wrkloads", "list", "wrkloads", "extra");
	CHECK_FIRST(NULL, "wrkloads", "list", "wrkloads", "--nope");
	CHECK_FIRST(NULL, "extra", "info", "extra", "--nope");
	CHECK_FIRST(NULL, "extra", "machine", "extra", "--nope");
	CHECK_FIRST(NULL, "extra", "machine", "--", "extra");

	unit_test("magctl: without a device what needs none is told");
	CHECK_FIRST("open=2", "abc", "run", "chrun", "-n", "abc");
	CHECK_FIRST("open=2", "extra", "run", "chrun", "extra");
	CHECK_FIRST("abi=1", "abc", "run", "chrun", "-n", "abc");
	CHECK_FIRST("describe=2", "abc", "run", "chrun", "-n", "abc");
	CLI_EXPECT("open=2", 3, "insmod", "run", "chrun");
}

static void test_interrupt_machine(void)
{
	struct cli cli = { .fake = "hold_machine=1",
			   .until = "fake: measuring the machine",
			   .signals = 1 };
	json_t *root, *body;

	unit_test("magctl: SIGINT before the first round begins none");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "-w", "1", "-d", "60s",
		"--json", "-");
	CHECK_MSG(cli.code == 130, "exit %d", cli.code);
	root = cli_json(&cli, &body);
	CHECK(json_is_true(json_object_get(body, "interrupted")));
	CHECK(length_of(item_of(body, "backends", 0), "rounds") == 0);
	json_decref(root);
	cli_free(&cli);
}

static void test_interrupt_cpus(void)
{
	struct cli cli = { .fake = "hold_machine=1",
			   .until = "fake: measuring the machine",
			   .signals = 1 };
	json_t *root, *body;

	unit_test("magctl: SIGINT between two CPUs measures no further one");
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put("/sys/devices/system/cpu/online", "0-1\n");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "-w", "2", "-d", "60s",
		"--progress", "--json", "-");
	CHECK_MSG(cli.code == 130, "exit %d", cli.code);
	CHECK_MSG(strstr(cli.err, "measuring the machine, CPU 1 of 2"), "%s",
		  cli.err);
	root = cli_json(&cli, &body);
	CHECK(length_of(item_of(body, "backends", 0), "rounds") == 0);
	body = json_object_get(body, "primitives");
	CHECK(json_is_false(json_object_get(body, "measured")));
	CHECK(strstr(text_of(body, "error"), "interrupted"));
	json_decref(root);
	cli_free(&cli);
	tree_remove();
}

static void test_second_interrupt(void)
{
	struct cli cli = { .fake = "hang=1",
			   .until = ": measuring,",
			   .until_next = "fake: stop",
			   .signals = 2 };

	unit_test("magctl: a second SIGINT kills at once");
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "-d", "60s", "--progress");
	CHECK_MSG(cli.code == -SIGINT, "exit %d", cli.code);
	cli_free(&cli);
}

/* A pipe by name, and its reading end, which has room for a page. */
static int cli_fifo(const char *path)
{
	int fd;

	if (mkfifo(path, 0600))
		abort();
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETPIPE_SZ, 4096) < 0)
		abort();
	return fd;
}

/* The tool, when it has begun to write to the pipe, which nobody reads yet. */
static pid_t cli_start_writing(const struct cli *cli, int fifo, char **args)
{
	struct pollfd pollfd = { .fd = fifo, .events = POLLIN };
	char path[128];
	pid_t pid;
	int out;

	cli_path(path, sizeof(path), "stdout");
	out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fflush(stdout);
	pid = fork();
	if (!pid)
		cli_child(cli, args, out, out);
	close(out);
	CHECK(poll(&pollfd, 1, CLI_TIMEOUT_S * 1000) == 1);
	return pid;
}

/* All that is still to come. */
static char *cli_drain(int fifo)
{
	char text[4096], *all = NULL;
	size_t room;
	FILE *file = open_memstream(&all, &room);
	ssize_t got;

	fcntl(fifo, F_SETFL, 0);
	while ((got = read(fifo, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)got, file);
	fclose(file);
	return all;
}

/* Rounds enough for a result that fills any pipe of a page. */
#define WRITING(json, csv)                                                   \
	((char *[]){ (char *)cli_magctl, "compare", "churn", "--json", json, \
		     "--histogram", csv, "--rounds", "30", SHORT, NULL })

static void check_signal_kept(int number)
{
	struct cli cli = { 0 };
	char json[128], csv[128], report[128];
	int fifo, status;
	json_t *root;
	char *text;
	pid_t pid;

	cli_path(json, sizeof(json), "written.json");
	cli_path(csv, sizeof(csv), "written.csv");
	cli_path(report, sizeof(report), "stdout");
	fifo = cli_fifo(json);
	pid = cli_start_writing(&cli, fifo, WRITING(json, csv));
	kill(pid, number);
	text = cli_drain(fifo);
	waitpid(pid, &status, 0);
	CHECK_MSG(cli_code(status) == 130, "exit %d", cli_code(status));
	root = json_loads(text, 0, NULL);
	CHECK_MSG(root, "%zu bytes are no JSON", strlen(text));
	json_decref(root);
	free(text);
	text = cli_slurp(csv);
	CHECK_MSG(!strncmp(text, "machine,", 8), "CSV is \"%.20s\"", text);
	free(text);
	text = cli_slurp(report);
	CHECK_MSG(strstr(text, "p99.9"), "the report is \"%s\"", text);
	free(text);
	close(fifo);
	unlink(json);
	unlink(csv);
}

/* Nobody reads the pipe, so that nothing but a signal can end the tool. */
static void test_signal_writing_twice(void)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	struct cli cli = { 0 };
	char json[128], csv[128];
	int fifo, status;
	pid_t pid;

	unit_test("magctl: a second signal kills while a result is written");
	cli_path(json, sizeof(json), "unwritten.json");
	cli_path(csv, sizeof(csv), "unwritten.csv");
	fifo = cli_fifo(json);
	pid = cli_start_writing(&cli, fifo, WRITING(json, csv));
	do {
		kill(pid, SIGTERM);
		nanosleep(&pause, NULL);
	} while (!waitpid(pid, &status, WNOHANG));
	CHECK_MSG(cli_code(status) == -SIGTERM, "exit %d", cli_code(status));
	close(fifo);
	unlink(json);
	unlink(csv);
}

static void test_signal_writing(void)
{
	unit_test("magctl: a signal waits until the results are written");
	check_signal_kept(SIGTERM);
	check_signal_kept(SIGINT);
	check_signal_kept(SIGHUP);
	test_signal_writing_twice();
}

static void test_files(void)
{
	char json[128], csv[128], lost[128];
	struct cli cli = { 0 };
	struct stat st;
	char *text;

	unit_test("magctl: result files are whole, and lost writes are told");
	cli_path(json, sizeof(json), "result.json");
	cli_path(csv, sizeof(csv), "result.csv");
	cli_path(lost, sizeof(lost), "no/such/dir.json");
	umask(022);
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--quiet", "--json", json,
		"--histogram", csv, SHORT);
	CHECK(cli.code == 0);
	CHECK(!*cli.out && !*cli.err);
	CHECK(!stat(json, &st) && (st.st_mode & 0777) == 0644);
	text = cli_slurp(json);
	json_decref(json_loads(text, 0, NULL));
	CHECK(strstr(text, "magslab-result"));
	free(text);
	text = cli_slurp(csv);
	*strchrnul(text, '\n') = '\0';
	CHECK(!strcmp(
		text,
		"machine,kernel,debug_kernel,clock,backend,op,per_sample,unit,low,high,count"));
	free(text);
	cli_free(&cli);

	CLI_EXPECT(NULL, 2, "No such file", "run", "churn", "-b", "noop",
		   "--json", lost, SHORT);
	CLI_EXPECT(NULL, 2, "Is a directory", "run", "churn", "-b", "noop",
		   "--json", cli_dir, SHORT);
	CLI_EXPECT(NULL, 1, "No space left", "run", "churn", "-b", "noop",
		   "--json", "/dev/full", SHORT);
	CLI_EXPECT(NULL, 2, "cannot both", "run", "churn", "-b", "noop",
		   "--json", "-", "--histogram", "-", SHORT);
	CHECK(!stat("/dev/full", &st) && S_ISCHR(st.st_mode));
	unlink(json);
	unlink(csv);
}

static void check_text(int line, const char *path, const char *begins,
		       const char *holds)
{
	char *text = cli_slurp(path);

	unit_check(!strncmp(text, begins, strlen(begins)), __FILE__, line,
		   "%s begins %.40s", path, text);
	unit_check(strstr(text, holds), __FILE__, line, "no \"%s\" in %s",
		   holds, path);
	free(text);
}

/* Standard output is a file with something in it, and @name is another name of it. */
static void check_appended(int line, char *name, const char *holds)
{
	char path[128];
	struct cli cli = { .out_path = path };
	int fd;

	cli_path(path, sizeof(path), "appended");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "before\n", 7) != 7)
		abort();
	close(fd);
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", name, SHORT);
	unit_check(cli.code == 0, __FILE__, line, "exit %d: %s", cli.code,
		   cli.err);
	check_text(line, path, "before\n", holds);
	cli_free(&cli);
	unlink(path);
}

static void test_descriptors(void)
{
	char path[128];
	struct cli cli = { .out_path = path };
	struct stat st;

	unit_test("magctl: a result to an open file is added to it");
	check_appended(__LINE__, "/dev/stdout", "magslab-result");
	check_appended(__LINE__, "/dev/fd/1", "magslab-result");
	check_appended(__LINE__, "/proc/self/fd/1", "magslab-result");
	CLI_EXPECT(NULL, 2, "Bad file descriptor", "run", "churn", "-b", "noop",
		   "--json", "/dev/fd/99", SHORT);
	CLI_EXPECT(NULL, 2, "cannot both", "run", "churn", "-b", "noop",
		   "--json", "-", "--histogram", "/dev/stdout", SHORT);

	cli_path(path, sizeof(path), "both");
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", path, SHORT);
	CHECK_MSG(cli.code == 2, "exit %d", cli.code);
	check_says_err(&cli, "standard output goes there");
	CHECK(!stat(path, &st) && !st.st_size);
	cli_free(&cli);
	unlink(path);
}

/* Nothing is left beside what was asked for. */
static void check_alone(int line, const char *dir, int nr)
{
	DIR *open_dir = opendir(dir);
	struct dirent *entry;

	if (!open_dir)
		abort();
	while ((entry = readdir(open_dir)))
		nr -= entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	closedir(open_dir);
	unit_check(!nr, __FILE__, line, "%d files too few in %s", nr, dir);
}

static void test_file_names(void)
{
	char dir[128], real[160], link[160], other[160], name[400];
	struct stat st;

	unit_test("magctl: a result goes where its name leads");
	cli_path(dir, sizeof(dir), "names");
	snprintf(real, sizeof(real), "%s/real", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(other, sizeof(other), "%s/../names/real", dir);
	snprintf(name, sizeof(name), "%s/%0255d", dir, 0);
	if (mkdir(dir, 0700) || symlink("real", link))
		abort();
	CLI_EXPECT(NULL, 0, "", "run", "churn", "-b", "noop", "--json", link,
		   SHORT);
	CHECK(!lstat(link, &st) && S_ISLNK(st.st_mode));
	check_text(__LINE__, real, "{", "magslab-result");
	check_alone(__LINE__, dir, 2);
	CLI_EXPECT(NULL, 2, "cannot both", "run", "churn", "-b", "noop",
		   "--json", real, "--histogram", other, SHORT);
	CLI_EXPECT(NULL, 2, "cannot both", "run", "churn", "-b", "noop",
		   "--json", real, "--histogram", link, SHORT);
	unlink(real);
	CLI_EXPECT(NULL, 2, "cannot both", "run", "churn", "-b", "noop",
		   "--json", other, "--histogram", link, SHORT);
	unlink(link);
	CLI_EXPECT(NULL, 0, "", "run", "churn", "-b", "noop", "--json", name,
		   SHORT);
	check_alone(__LINE__, dir, 1);
	unlink(name);
	rmdir(dir);
}

static void test_stdout_full(void)
{
	struct cli cli = { .out_path = "/dev/full" };

	unit_test("magctl: a full standard output exits 1");
	CLI_RUN(&cli, "list");
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	CHECK(strstr(cli.err, "No space left"));
	cli_free(&cli);
	CLI_RUN(&cli, "run", "churn", "-b", "noop", "--json", "-", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	CHECK_MSG(
		!strcmp(cli.err,
			"magctl: cannot write standard output: No space left on device\n"),
		"%s", cli.err);
	cli_free(&cli);
}

#define SLAB	"/sys/kernel/slab"
#define MAGSLAB "/sys/kernel/debug/magslab"

/* The text of a warning of a document, "" if it has none of that name. */
static const char *warning_of(const json_t *body, const char *name)
{
	for (size_t i = 0; i < length_of(body, "warnings"); i++) {
		const json_t *warning = item_of(body, "warnings", i);

		if (!strcmp(text_of(warning, "name"), name))
			return text_of(warning, "text");
	}
	return "";
}

/* Whether every verdict of a comparison is refused; otherwise none may be. */
static void check_refused(const struct cli *cli, bool refused)
{
	json_t *root, *body;

	root = cli_json(cli, &body);
	CHECK(length_of(body, "ratios") == 10);
	for (size_t i = 0; i < length_of(body, "ratios"); i++) {
		const json_t *ratio = item_of(body, "ratios", i);

		CHECK(!strcmp(text_of(ratio, "verdict"), "refused") == refused);
		CHECK(json_is_real(json_object_get(ratio, "ratio")));
	}
	json_decref(root);
}

/* Fifteen rounds that make a second on one CPU, and fifteen that do not. */
#define LONG  "round_ms=70"
#define BRIEF "round_ms=60"

static void check_strict(const char *fake, bool refused, const char *why)
{
	struct cli cli = { .fake = fake };

	CLI_RUN(&cli, "compare", "churn", "-w", "1", "--strict", "--json", "-",
		SHORT);
	CHECK_MSG(cli.code == refused, "exit %d: %s", cli.code, cli.err);
	CHECK_MSG(strstr(cli.err, why), "no \"%s\" in %s", why, cli.err);
	check_refused(&cli, refused);
	cli_free(&cli);
}

/* The same without --strict refuses nothing, and with it a run says so. */
static void check_not_strict(const char *fake)
{
	struct cli cli = { .fake = fake };

	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	CHECK_MSG(!cli.code && !*cli.err, "exit %d: %s", cli.code, cli.err);
	check_refused(&cli, false);
	cli_free(&cli);
	CLI_RUN(&cli, "run", "churn", "-b", "kmem_cache", "--strict", SHORT);
	CHECK_MSG(cli.code == 1, "exit %d", cli.code);
	CHECK(strstr(cli.out, "  strict     no verdict"));
	CHECK(strstr(cli.out, "p99"));
	cli_free(&cli);
}

/* All that --strict asks for can be looked at, and is in order. */
static const struct tree_file strict_files[] = {
	{ SLAB "/magslab-none-a/poison", "0\n" },
	{ MAGSLAB "/caches", "# name live\nother 1\n" },
	{ MAGSLAB "/caches.run", "# name live\nother 1\nchurn 8\n" },
	{ MAGSLAB "/cache/churn/knobs/debug", "-\n" },
	{ MAGSLAB "/cache/other/knobs/debug", "CP\n" },
	{ "/proc/cmdline", "quiet\n" },
	{ "/proc/stat", "cpu0 0 0 0 0 0 0 0 0\n" },
	{ NULL, NULL },
};

static void test_strict(void)
{
	unit_test("magctl: --strict gives verdicts where nothing is missing");
	tree_create(strict_files);
	check_strict(LONG ",idle=1", false, "");
	check_strict(LONG ",idle=1,init_on_free=1", false, "");
	check_strict(LONG ",idle=1,cost_bh=2000", false, "");

	unit_test("magctl: --strict refuses verdicts, names cause and cure");
	check_strict(LONG ",idle=1,kasan=1", true,
		     "debug_kernel (use a kernel without");
	check_strict(LONG ",idle=1,cost_irq=2000", true,
		     "machine_irq (use another");
	check_strict(LONG ",idle=1,machine=16", true, "machine_not_measured (");
	check_not_strict("kasan=1");
	tree_put(SLAB "/magslab-none-a/poison", "1\n");
	check_strict(LONG ",idle=1", true,
		     " stand: slab_debug (boot without slab_debug=");
	tree_put("/proc/sys/vm/mem_profiling", "1\n");
	check_strict(LONG ",idle=1", true, ", slab_debug (");
	check_strict(LONG ",idle=1", true,
		     "mem_profiling (sysctl vm.mem_profiling=0)");
	tree_remove();
}

static void check_strict_without(const char *path, const char *fake,
				 const char *why)
{
	tree_create(strict_files);
	tree_drop(path);
	check_strict(fake, true, why);
	tree_remove();
}

static void test_strict_unknown(void)
{
	struct cli cli = { .fake = BRIEF };

	unit_test("magctl: --strict takes nothing unknown on trust");
	tree_create(strict_files);
	tree_drop(SLAB "/magslab-none-a/poison");
	tree_drop(SLAB "/magslab-none-a");
	check_strict(LONG ",idle=1", true,
		     " stand: slub_unknown (mount -t sysfs");
	tree_remove();
	check_strict_without(MAGSLAB "/caches.run", LONG ",idle=1",
			     " stand: magazine_unknown (mount -t debugfs");
	check_strict_without("/proc/stat", LONG,
			     " stand: load_unknown (mount -t proc");
	check_strict(LONG, true, "page_owner_unknown (mount -t debugfs");

	tree_create(strict_files);
	CLI_RUN(&cli, "compare", "churn", "-w", "1", "--strict", SHORT);
	CHECK(cli.code == 1);
	check_says(&cli, " stand: load_unknown (run for 1 s or longer)\n");
	check_says(&cli, "  load       unknown: less than a second of CPU");
	cli_free(&cli);
	tree_remove();
}

static void check_slab_debug(const char *text)
{
	struct cli cli = { 0 };
	json_t *root, *body;

	CLI_RUN(&cli, "compare", "churn", SHORT);
	CHECK(cli.code == 0);
	CHECK_MSG(strstr(cli.out, "  WARNING    slab_debug: "), "%s", cli.out);
	CHECK_MSG(strstr(cli.out, text), "%s", cli.out);
	cli_free(&cli);
	CLI_RUN(&cli, "compare", "churn", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	CHECK(strstr(warning_of(body, "slab_debug"), text));
	json_decref(root);
	cli_free(&cli);
}

static void test_slab_debug(void)
{
	struct cli cli = { 0 };

	unit_test("magctl: a debugged cache is a warning, whosever it is");
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put(SLAB "/magslab-none-a/sanity_checks", "1\n");
	tree_put(SLAB "/magslab-none-a/store_user", "1\n");
	check_slab_debug("kmem_cache's magslab-none-a runs with FU: SLUB's");
	tree_put(SLAB "/magslab-none-b/poison", "1\n");
	check_slab_debug("kmem_cache's magslab-none-a and 1 more run with FU");
	tree_put(MAGSLAB "/caches", "# name live\nother 1\n");
	tree_put(MAGSLAB "/caches.run", "# name live\nother 1\nchurn 8\n");
	tree_put(MAGSLAB "/cache/churn/knobs/debug", "CP\n");
	check_slab_debug("magazine's churn runs with CP, kmem_cache's magslab");
	check_slab_debug(": fast paths are off on both sides;");
	tree_remove();
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put(MAGSLAB "/caches", "# name live\nother 1\n");
	tree_put(MAGSLAB "/caches.run", "# name live\nother 1\nchurn 8\n");
	tree_put(MAGSLAB "/cache/churn/knobs/debug", "CP\n");
	check_slab_debug("churn runs with CP: the magazine has no magazines;");
	tree_remove();

	unit_test("magctl: info warns of kmalloc()'s debugged caches");
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put(SLAB "/kmalloc-8/poison", "1\n");
	CLI_RUN(&cli, "info");
	check_says(&cli, "slab_debug: kmalloc's kmalloc-8 runs with P: SLUB's");
	cli_free(&cli);
	CLI_RUN(&cli, "run", "churn", "-b", "noop", SHORT);
	CHECK(!strstr(cli.out, "slab_debug: "));
	cli_free(&cli);
	tree_remove();
}

static void check_sheaves(char *backend, bool on)
{
	struct cli cli = { 0 };
	json_t *root, *body, *hooks;

	CLI_RUN(&cli, "run", "churn", "-b", backend, "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	hooks = json_object_get(json_object_get(body, "environment"), "hooks");
	CHECK(json_is_true(json_object_get(hooks, "sheaves")) == on);
	json_decref(root);
	cli_free(&cli);
}

static void test_sheaves(void)
{
	unit_test("magctl: sheaves are on where the caches used have any");
	check_sheaves("kmem_cache", false);
	tree_create((const struct tree_file[]){ { NULL, NULL } });
	tree_put(SLAB "/kmalloc-8/sheaf_capacity", "60\n");
	check_sheaves("kmem_cache", true);
	tree_put(SLAB "/magslab-none-a/sheaf_capacity", "0\n");
	check_sheaves("kmem_cache", false);
	check_sheaves("noop", true);
	tree_put(SLAB "/magslab-none-a/sheaf_capacity", "28\n");
	tree_put(SLAB "/kmalloc-8/sheaf_capacity", "0\n");
	check_sheaves("kmem_cache", true);
	check_sheaves("noop", false);
	tree_remove();
}

static void check_state_json(const json_t *body)
{
	const json_t *state =
		json_object_get(json_object_get(body, "environment"), "state");
	const json_t *cache;

	CHECK(!strcmp(text_of(state, "config_hash"), "0123456789ab"));
	CHECK(!strcmp(text_of(state, "cmdline"), "quiet"));
	CHECK(number_of(state, "kfence_interval_ms") == 100);
	CHECK(json_is_false(json_object_get(state, "page_owner")));
	CHECK(json_is_null(json_object_get(state, "governor")));
	if (!json_object_get(body, "backends"))
		return;
	CHECK(json_is_null(json_object_get(json_object_get(state, "load"),
					   "steal_percent")));
	CHECK(length_of(state, "caches") == 1);
	cache = item_of(state, "caches", 0);
	CHECK(!strcmp(text_of(cache, "backend"), "kmem_cache"));
	CHECK(!strcmp(text_of(cache, "debug"), ""));
	CHECK(number_of(cache, "object_size") == 256);
}

static void test_state(void)
{
	static const struct tree_file files[] = {
		{ "/proc/cmdline", "quiet\n" },
		{ "/sys/module/kfence/parameters/sample_interval", "100\n" },
		{ SLAB "/magslab-none-a/object_size", "256\n" },
		{ NULL, NULL },
	};
	struct cli cli = { 0 };
	json_t *root, *body;

	unit_test("magctl: the state is in the report, the JSON and info");
	tree_create(files);
	CLI_RUN(&cli, "run", "churn", "-b", "kmem_cache", SHORT);
	CHECK_MSG(strstr(cli.out, "  state      config_hash 0123456789ab; "),
		  "%s", cli.out);
	CHECK(strstr(cli.out, "kmem_cache: 1 cache, no debug, no sheaves\n"));
	CHECK(strstr(cli.out, "unknown: preset, "));
	CHECK(strstr(cli.out, "  cmdline    quiet\n"));
	CHECK(!strstr(cli.out, "WARNING"));
	cli_free(&cli);
	CLI_RUN(&cli, "run", "churn", "-b", "kmem_cache", "--json", "-", SHORT);
	root = cli_json(&cli, &body);
	check_state_json(body);
	json_decref(root);
	cli_free(&cli);
	CLI_RUN(&cli, "info");
	CHECK(strstr(cli.out, "kfence_interval_ms 100\n"));
	CHECK(strstr(cli.out, "governor unknown\n"));
	cli_free(&cli);
	CLI_RUN(&cli, "info", "--json");
	root = cli_json(&cli, &body);
	check_state_json(body);
	CHECK(json_object_get(body, "warnings") &&
	      !length_of(body, "warnings"));
	json_decref(root);
	cli_free(&cli);
	cli.fake = "init_on_free=1";
	CLI_RUN(&cli, "info", "--json");
	root = cli_json(&cli, &body);
	CHECK(strstr(warning_of(body, "init_on_free"), "clear each object"));
	json_decref(root);
	cli_free(&cli);
	tree_remove();
}

void unit_cli(const char *magctl)
{
	char path[128];

	cli_magctl = magctl;
	snprintf(cli_dir, sizeof(cli_dir), "/tmp/magslab-unit-XXXXXX");
	if (!mkdtemp(cli_dir))
		abort();
	test_help();
	test_usage();
	test_suggestions();
	test_order();
	test_errors();
	test_list();
	test_run_json();
	test_clocks();
	test_wrong_units();
	test_place();
	test_compare();
	test_machine();
	test_machine_json();
	test_machine_verdict();
	test_machine_not_measured();
	test_compare_json();
	test_clock_step();
	test_net();
	test_scaled();
	test_decimals();
	test_one_fails();
	test_clock_stands();
	test_lost_cpu();
	test_cpu_gone_between();
	test_cpu_comes_back();
	test_places();
	test_machine_cpus();
	test_no_such_cpus();
	test_strict();
	test_strict_unknown();
	test_slab_debug();
	test_sheaves();
	test_state();
	test_interrupt();
	test_terminate();
	test_nohup();
	test_interrupt_machine();
	test_interrupt_cpus();
	test_second_interrupt();
	test_signal_writing();
	test_files();
	test_descriptors();
	test_file_names();
	test_stdout_full();
	test_no_reader();
	cli_path(path, sizeof(path), "stdout");
	unlink(path);
	if (rmdir(cli_dir))
		CHECK_MSG(false, "%s: %s", cli_dir, strerror(errno));
}
