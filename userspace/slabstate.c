// SPDX-License-Identifier: GPL-2.0-only
/* Reading the caches of a backend. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "slabstate.h"

#define MAG_SLUB_DIR	     "/sys/kernel/slab"
#define MAG_MAGAZINE_DIR     "/sys/kernel/debug/magslab"
#define MAG_MAGAZINE_BACKEND "magazine"

/* As slab_debug= names them.  A kernel without SLUB_DEBUG has no such file. */
static const struct {
	char letter;
	const char *file;
} mag_slub_flags[] = {
	{ 'F', "sanity_checks" }, { 'Z', "red_zone" }, { 'P', "poison" },
	{ 'U', "store_user" },	  { 'T', "trace" },
};

static __u64 mag_slub_value(const char *cache, const char *file)
{
	__u64 value;

	if (!mag_sys_number(&value, MAG_SLUB_DIR "/%s/%s", cache, file))
		value = 0;
	return value;
}

static char *mag_slub_debug(const char *cache)
{
	char letters[MAG_ARRAY_SIZE(mag_slub_flags) + 1];
	size_t nr = 0;

	for (size_t i = 0; i < MAG_ARRAY_SIZE(mag_slub_flags); i++) {
		if (mag_slub_value(cache, mag_slub_flags[i].file))
			letters[nr++] = mag_slub_flags[i].letter;
	}
	letters[nr] = '\0';
	return mag_xstrdup(letters);
}

/*
 * kmalloc() without __GFP_ACCOUNT, __GFP_RECLAIMABLE or __GFP_DMA, as the
 * workloads call it: those caches have a word between prefix and size.  What
 * hardened kernels spread allocations over, by caller or type, is of it.
 */
static bool mag_slub_is_used(const char *name, const char *prefix)
{
	const char *rest = name + strlen(prefix);

	if (strncmp(name, prefix, strlen(prefix)))
		return false;
	return strcmp(prefix, MAG_SLAB_KMALLOC_PREFIX) ||
	       isdigit((unsigned char)*rest) || !strncmp(rest, "rnd-", 4) ||
	       !strncmp(rest, "part-", 5);
}

static struct mag_slab_cache *mag_slab_state_add(struct mag_slab_state *state,
						 const char *name)
{
	struct mag_slab_cache *cache;

	state->cache = mag_xrealloc(state->cache, state->nr + 1,
				    sizeof(*state->cache));
	cache = &state->cache[state->nr++];
	memset(cache, 0, sizeof(*cache));
	cache->name = mag_xstrdup(name);
	return cache;
}

static void mag_slub_read_cache(struct mag_slab_cache *cache)
{
	const char *name = cache->name;

	cache->debug = mag_slub_debug(name);
	cache->failslab = mag_slub_value(name, "failslab");
	cache->sheaf_capacity = mag_slub_value(name, "sheaf_capacity");
	cache->object_size = mag_slub_value(name, "object_size");
	cache->slab_size = mag_slub_value(name, "slab_size");
	cache->aliases = mag_slub_value(name, "aliases");
}

/* SLUB_TINY, SLAB and kernels without sysfs have no such folder. */
static void mag_slub_read(struct mag_slab_state *state, const char *prefix)
{
	struct mag_sys_names names;

	mag_sys_list(MAG_SLUB_DIR, &names);
	for (size_t i = 0; i < names.nr; i++) {
		if (mag_slub_is_used(names.name[i], prefix))
			mag_slub_read_cache(
				mag_slab_state_add(state, names.name[i]));
	}
	mag_sys_names_free(&names);
	state->known = state->nr;
}

static void mag_magazine_add_knob(struct mag_slab_cache *cache,
				  const char *name, char *value)
{
	struct mag_slab_knob *knob;

	cache->knobs = mag_xrealloc(cache->knobs, cache->nr_knobs + 1,
				    sizeof(*cache->knobs));
	knob = &cache->knobs[cache->nr_knobs++];
	knob->name = mag_xstrdup(name);
	knob->value = value;
}

/* Its letters are "-" for none. */
static void mag_magazine_read_cache(struct mag_slab_cache *cache)
{
	char *dir =
		mag_xasprintf(MAG_MAGAZINE_DIR "/cache/%s/knobs", cache->name);
	struct mag_sys_names names;

	mag_sys_list(dir, &names);
	for (size_t i = 0; i < names.nr; i++) {
		char *value = mag_sys_line("%s/%s", dir, names.name[i]);

		if (value)
			mag_magazine_add_knob(cache, names.name[i], value);
	}
	mag_sys_names_free(&names);
	free(dir);
	cache->debug = mag_xstrdup(mag_slab_knob(cache, "debug") ?: "-");
	if (!strcmp(cache->debug, "-"))
		*cache->debug = '\0';
}

/* A line a cache, its name first; the line of the columns' names has a "#". */
static void mag_magazine_names(struct mag_sys_names *names)
{
	FILE *file = mag_sys_open(MAG_MAGAZINE_DIR "/caches");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n ")] = '\0';
		if (*line == '#' || !*line)
			continue;
		mag_make_printable(line);
		mag_sys_names_add(names, line);
	}
	free(line);
	fclose(file);
}

static bool mag_magazine_was_there(const struct mag_slab_state *state,
				   const char *name)
{
	for (size_t i = 0; i < state->before.nr; i++) {
		if (!strcmp(state->before.name[i], name))
			return true;
	}
	return false;
}

static void mag_magazine_read(struct mag_slab_state *state)
{
	struct mag_sys_names names = { NULL, 0 };

	mag_magazine_names(&names);
	for (size_t i = 0; i < names.nr; i++) {
		if (!mag_magazine_was_there(state, names.name[i]))
			mag_magazine_read_cache(
				mag_slab_state_add(state, names.name[i]));
	}
	mag_sys_names_free(&names);
	state->known = state->nr;
}

static enum mag_slab_kind mag_slab_kind(const char *backend, const char *prefix)
{
	if (*prefix)
		return MAG_SLAB_SLUB;
	return strcmp(backend, MAG_MAGAZINE_BACKEND) ? MAG_SLAB_NONE
						     : MAG_SLAB_MAGAZINE;
}

void mag_slab_state_begin(struct mag_slab_state *state, const char *backend,
			  const char *prefix)
{
	mag_slab_state_free(state);
	state->kind = mag_slab_kind(backend, prefix);
	if (state->kind == MAG_SLAB_MAGAZINE)
		mag_magazine_names(&state->before);
}

void mag_slab_state_read(struct mag_slab_state *state, const char *prefix)
{
	if (state->kind == MAG_SLAB_SLUB)
		mag_slub_read(state, prefix);
	else if (state->kind == MAG_SLAB_MAGAZINE)
		mag_magazine_read(state);
}

static void mag_slab_cache_free(struct mag_slab_cache *cache)
{
	for (size_t i = 0; i < cache->nr_knobs; i++) {
		free(cache->knobs[i].name);
		free(cache->knobs[i].value);
	}
	free(cache->knobs);
	free(cache->debug);
	free(cache->name);
}

void mag_slab_state_free(struct mag_slab_state *state)
{
	for (size_t i = 0; i < state->nr; i++)
		mag_slab_cache_free(&state->cache[i]);
	free(state->cache);
	mag_sys_names_free(&state->before);
	memset(state, 0, sizeof(*state));
}

size_t mag_slab_state_debugged(const struct mag_slab_state *state,
			       const struct mag_slab_cache **first)
{
	size_t nr = 0;

	for (size_t i = 0; i < state->nr; i++) {
		if (!*state->cache[i].debug)
			continue;
		if (!nr++ && first)
			*first = &state->cache[i];
	}
	return nr;
}

bool mag_slab_state_sheaves(const struct mag_slab_state *state)
{
	for (size_t i = 0; i < state->nr; i++) {
		if (state->cache[i].sheaf_capacity)
			return true;
	}
	return false;
}

const char *mag_slab_knob(const struct mag_slab_cache *cache, const char *name)
{
	for (size_t i = 0; i < cache->nr_knobs; i++) {
		if (!strcmp(cache->knobs[i].name, name))
			return cache->knobs[i].value;
	}
	return NULL;
}
