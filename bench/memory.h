/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many objects out at once, for as long as somebody looks at the memory they
 * take.
 */
#ifndef MAGSLAB_BENCH_MEMORY_H
#define MAGSLAB_BENCH_MEMORY_H

#include <linux/seq_file.h>

/*
 * What debugfs/magslab_bench/memory understands:
 *   fill SUBJECT SIZE OBJECTS   new caches, and so many objects of that size;
 *                               what was there before goes
 *   empty                       frees the objects; the caches stay
 *   drop                        the caches go as well
 * Changes @command.  Task context, sleeps.  0, -EINVAL for what is none of
 * these, or -ENOMEM, and then nothing is out.
 */
int bench_memory_do(char *command);
/* A line of JSON: what is out, and of magslab, what it holds for that. */
void bench_memory_show(struct seq_file *m);

#endif /* MAGSLAB_BENCH_MEMORY_H */
