// SPDX-License-Identifier: GPL-2.0-only
/*
 * See memory.h.  The objects are linked through their first bytes, so that
 * nothing else grows with their number.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator/mag_cache.h"
#include "memory.h"
#include "pool.h"

/* No object is worth an OOM killer. */
#define FILL_GFP (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* Nothing is out while @pool.mag is NULL.  Under the lock of main.c. */
static struct {
	struct bench_pool pool;
	enum bench_subject subject;
	void *objects;
	u32 nr;
} memory;

static void *memory_alloc(void)
{
	if (memory.subject == BENCH_SLUB)
		return kmem_cache_alloc(memory.pool.slub, FILL_GFP);
	return mag_cache_alloc(memory.pool.mag, FILL_GFP);
}

static void memory_free(void *obj)
{
	if (memory.subject == BENCH_SLUB)
		kmem_cache_free(memory.pool.slub, obj);
	else
		mag_cache_free(memory.pool.mag, obj);
}

static void memory_empty(void)
{
	while (memory.objects) {
		void *obj = memory.objects;

		memory.objects = *(void **)obj;
		memory_free(obj);
		memory.nr--;
		cond_resched();
	}
}

static void memory_drop(void)
{
	memory_empty();
	if (memory.pool.mag)
		bench_pool_exit(&memory.pool);
}

static int memory_fill(enum bench_subject subject, u32 size, u32 objects)
{
	int err;

	memory_drop();
	err = bench_pool_init(&memory.pool, size);
	if (err)
		return err;
	memory.subject = subject;
	while (memory.nr < objects) {
		void *obj = memory_alloc();

		if (!obj) {
			memory_drop();
			return -ENOMEM;
		}
		*(void **)obj = memory.objects;
		memory.objects = obj;
		memory.nr++;
		cond_resched();
	}
	return 0;
}

static int parse_fill(char *words)
{
	const char *name = strsep(&words, " ");
	const char *size_word = strsep(&words, " ");
	u32 size, objects;
	int subject;

	for (subject = BENCH_SLUB; subject <= BENCH_MAGSLAB; subject++)
		if (!strcmp(name, bench_subject_name(subject)))
			break;
	if (subject > BENCH_MAGSLAB || !size_word || !words ||
	    kstrtou32(size_word, 10, &size) || kstrtou32(words, 10, &objects) ||
	    size < sizeof(void *) || size > MAG_CACHE_MAX_SIZE)
		return -EINVAL;
	return memory_fill(subject, size, objects);
}

int bench_memory_do(char *command)
{
	char *words = strim(command);
	const char *verb = strsep(&words, " ");

	if (!strcmp(verb, "fill") && words)
		return parse_fill(words);
	if (words)
		return -EINVAL;
	if (!strcmp(verb, "empty"))
		memory_empty();
	else if (!strcmp(verb, "drop"))
		memory_drop();
	else
		return -EINVAL;
	return 0;
}

void bench_memory_show(struct seq_file *m)
{
	struct mag_cache_stats stats;

	if (!memory.pool.mag) {
		seq_puts(m, "{}\n");
		return;
	}
	mag_cache_stats(memory.pool.mag, &stats);
	seq_printf(m, "{\"subject\":\"%s\"",
		   bench_subject_name(memory.subject));
	seq_printf(m, ",\"size\":%zu,\"objects\":%u,\"live_bytes\":%zu",
		   memory.pool.size, memory.nr, memory.nr * memory.pool.size);
	if (memory.subject == BENCH_MAGSLAB)
		seq_printf(m, ",\"held_bytes\":%llu", stats.held_bytes);
	seq_puts(m, "}\n");
}
