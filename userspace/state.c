// SPDX-License-Identifier: GPL-2.0-only
/* The state in reports, JSON and warnings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"
#include "util.h"

/* A sentence that grows. */
struct mag_text {
	char *text;
	size_t len;
	FILE *out;
};

static void mag_text_begin(struct mag_text *text)
{
	text->text = NULL;
	text->out = open_memstream(&text->text, &text->len);
	if (!text->out) {
		mag_error("out of memory");
		exit(MAG_EXIT_FAILED);
	}
}

static char *mag_text_end(struct mag_text *text)
{
	if (fclose(text->out)) {
		mag_error("out of memory");
		exit(MAG_EXIT_FAILED);
	}
	return text->text;
}

/* "kmem_cache's magslab_skb_head and 2 more run with FZPU" */
static void mag_state_debugged(const char *backend,
			       const struct mag_slab_state *slabs, bool first,
			       FILE *out)
{
	const struct mag_slab_cache *cache;
	size_t nr = mag_slab_state_debugged(slabs, &cache);

	fprintf(out, "%s%s's %s", first ? "" : ", ", backend, cache->name);
	if (nr > 1)
		fprintf(out, " and %zu more", nr - 1);
	fprintf(out, " %s with %s", nr > 1 ? "run" : "runs", cache->debug);
}

#define MAG_CURE_SLUB \
	"boot without slab_debug=, with a kernel without CONFIG_SLUB_DEBUG_ON"
#define MAG_CURE_MAGAZINE \
	"load magslab.ko without debug=, echo - >/sys/kernel/debug/magslab/knobs/debug"

/* What debugging does to figures, and what ends it, depends on whose it is. */
static void mag_state_add_debug(struct mag_warnings *warnings, const char *who,
				bool slub, bool magazine)
{
	const char *cure = MAG_CURE_MAGAZINE;
	const char *effect =
		"the magazine has no magazines; the ratio is that of a debug option";

	if (slub && magazine) {
		cure = MAG_CURE_SLUB "; " MAG_CURE_MAGAZINE;
		effect =
			"fast paths are off on both sides; the ratio is that of debug options";
	} else if (slub) {
		cure = MAG_CURE_SLUB;
		effect =
			"SLUB's fast path is off; the ratio is that of a debug option";
	}
	mag_warnings_add(warnings, "slab_debug", true, cure,
			 "slab_debug: %s: %s", who, effect);
}

static void mag_state_warn_slabs(struct mag_experiment *experiment)
{
	bool slub = false, magazine = false;
	struct mag_text text;
	char *who;

	mag_text_begin(&text);
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (!mag_slab_state_debugged(&subject->slabs, NULL))
			continue;
		mag_state_debugged(subject->about->name, &subject->slabs,
				   !slub && !magazine, text.out);
		slub |= subject->slabs.kind == MAG_SLAB_SLUB;
		magazine |= subject->slabs.kind == MAG_SLAB_MAGAZINE;
	}
	who = mag_text_end(&text);
	if (slub || magazine)
		mag_state_add_debug(&experiment->warnings, who, slub, magazine);
	free(who);
}

void mag_state_warn_kmalloc(const struct mag_environment *env,
			    struct mag_warnings *warnings)
{
	struct mag_text text;
	char *who;

	if (!mag_slab_state_debugged(&env->kmalloc, NULL))
		return;
	mag_text_begin(&text);
	mag_state_debugged("kmalloc", &env->kmalloc, true, text.out);
	who = mag_text_end(&text);
	mag_state_add_debug(warnings, who, true, false);
	free(who);
}

/* --strict takes nothing on trust: what was not looked at may be on. */
static void mag_state_warn_unknown(struct mag_experiment *experiment)
{
	struct mag_warnings *warnings = &experiment->warnings;

	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];
		bool slub = subject->slabs.kind == MAG_SLAB_SLUB;

		if (subject->slabs.kind == MAG_SLAB_NONE ||
		    subject->slabs.known)
			continue;
		mag_warnings_add(
			warnings, slub ? "slub_unknown" : "magazine_unknown",
			true,
			slub ? "mount -t sysfs none /sys, or use a kernel with CONFIG_SLUB_DEBUG"
			     : "mount -t debugfs none /sys/kernel/debug",
			"slab_debug: it is not known whether the caches of the backend %s are debugged",
			subject->about->name);
	}
	if (!experiment->session->env.host.fact[MAG_FACT_PAGE_OWNER])
		mag_warnings_add(
			warnings, "page_owner_unknown", true,
			"mount -t debugfs none /sys/kernel/debug",
			"page_owner: it is not known whether it is on");
}

void mag_state_warn(struct mag_experiment *experiment)
{
	mag_state_warn_slabs(experiment);
	if (experiment->strict)
		mag_state_warn_unknown(experiment);
	mag_load_warn(&experiment->load, experiment->strict,
		      &experiment->warnings);
}

__u64 mag_state_hooks(const struct mag_experiment *experiment)
{
	__u64 hooks = experiment->session->env.info.hooks;
	bool used = false, sheaves = false;

	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_slab_state *slabs =
			&experiment->subjects[i].slabs;

		used |= slabs->kind == MAG_SLAB_SLUB && slabs->known;
		sheaves |= mag_slab_state_sheaves(slabs);
	}
	if (used)
		hooks &= ~MAG_HOOK_SHEAVES;
	return sheaves ? hooks | MAG_HOOK_SHEAVES : hooks;
}

/* What is off, none or unknown need not be said in a few lines. */
static bool mag_state_notable(const char *value)
{
	return value && strcmp(value, "0") && strcmp(value, "off") &&
	       strcmp(value, "none");
}

static void mag_state_print_unknown(const struct mag_host *host,
				    const char *between, FILE *out)
{
	const char *key = "unknown: ";

	for (int i = 0; i < MAG_NR_FACTS; i++) {
		if (host->fact[i])
			continue;
		fprintf(out, "%s%s%s", between, key, mag_fact_name(i));
		between = ", ";
		key = "";
	}
}

static void mag_state_print_facts(const struct mag_host *host, FILE *out)
{
	const char *cmdline = host->fact[MAG_FACT_CMDLINE];
	const char *between = "";

	fprintf(out, "  %-11s", "state");
	for (int i = 0; i < MAG_NR_FACTS; i++) {
		if (i == MAG_FACT_CMDLINE || !mag_state_notable(host->fact[i]))
			continue;
		fprintf(out, "%s%s %s", between, mag_fact_name(i),
			host->fact[i]);
		between = "; ";
	}
	mag_state_print_unknown(host, between, out);
	fprintf(out, "\n  %-11s%s\n", "cmdline", cmdline ?: "unknown");
}

static void mag_state_print_load(const struct mag_load *load, FILE *out)
{
	const char *unknown = mag_load_unknown(load);

	fprintf(out, "  %-11s", "load");
	if (unknown) {
		fprintf(out, "unknown: %s\n", unknown);
		return;
	}
	fprintf(out, "steal %.1f %%, starved %.1f %%, ", mag_load_steal(load),
		mag_load_starved(load));
	if (load->user_untold)
		fputs("other tasks unknown", out);
	else
		fprintf(out, "other tasks %.1f %%", mag_load_others(load));
	fprintf(out, ", irq %.1f %% of the time of the workers' CPUs\n",
		mag_load_irq(load));
}

static void mag_state_print_sheaves(const struct mag_slab_state *slabs,
				    FILE *out)
{
	__u64 least = ~0ULL, most = 0;

	for (size_t i = 0; i < slabs->nr; i++) {
		__u64 capacity = slabs->cache[i].sheaf_capacity;

		least = capacity < least ? capacity : least;
		most = capacity > most ? capacity : most;
	}
	if (!most)
		fputs(", no sheaves", out);
	else if (least == most)
		fprintf(out, ", sheaves of %llu", most);
	else
		fprintf(out, ", sheaves of %llu to %llu", least, most);
}

static void mag_state_print_preset(const struct mag_slab_state *slabs,
				   FILE *out)
{
	const char *preset = mag_slab_knob(&slabs->cache[0], "preset");

	for (size_t i = 1; preset && i < slabs->nr; i++) {
		const char *other = mag_slab_knob(&slabs->cache[i], "preset");

		if (!other || strcmp(other, preset))
			preset = "differs";
	}
	fprintf(out, ", preset %s", preset ? preset : "unknown");
}

/* "kmem_cache: 2 caches, FZPU on 2, no sheaves" */
static void mag_state_print_slabs(const struct mag_subject *subject, FILE *out)
{
	const struct mag_slab_state *slabs = &subject->slabs;
	const struct mag_slab_cache *first;
	size_t debugged = mag_slab_state_debugged(slabs, &first);

	fprintf(out, "%s: ", subject->about->name);
	if (!slabs->known) {
		fputs("unknown", out);
		return;
	}
	fprintf(out, "%zu cache%s, ", slabs->nr, slabs->nr == 1 ? "" : "s");
	if (debugged)
		fprintf(out, "%s on %zu", first->debug, debugged);
	else
		fputs("no debug", out);
	if (slabs->kind == MAG_SLAB_SLUB)
		mag_state_print_sheaves(slabs, out);
	else
		mag_state_print_preset(slabs, out);
}

static void mag_state_print_caches(const struct mag_experiment *experiment,
				   FILE *out)
{
	const char *between = "";

	fprintf(out, "  %-11s", "caches");
	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		if (subject->slabs.kind == MAG_SLAB_NONE)
			continue;
		fputs(between, out);
		mag_state_print_slabs(subject, out);
		between = "; ";
	}
	fputs(*between ? "\n" : "none\n", out);
}

void mag_state_print(const struct mag_experiment *experiment, FILE *out)
{
	mag_state_print_facts(&experiment->session->env.host, out);
	mag_state_print_caches(experiment, out);
	mag_state_print_load(&experiment->load, out);
}

void mag_state_print_host(const struct mag_host *host, FILE *out)
{
	for (int i = 0; i < MAG_NR_FACTS; i++)
		fprintf(out, "  %-11s%s %s\n", i ? "" : "state",
			mag_fact_name(i),
			host->fact[i] ? host->fact[i] : "unknown");
}

static json_t *mag_state_json_fact(const struct mag_host *host,
				   enum mag_fact fact)
{
	const char *text = host->fact[fact];

	if (!text)
		return json_null();
	switch (mag_fact_kind(fact)) {
	case MAG_FACT_NUMBER:
		return mag_json_u64(strtoull(text, NULL, 10));
	case MAG_FACT_SWITCH:
		return json_boolean(!strcmp(text, "on"));
	default:
		return json_string(text);
	}
}

static json_t *mag_state_json_load(const struct mag_load *load)
{
	json_t *object = json_object();

	mag_json_set(object, "steal_percent",
		     mag_json_real(mag_load_steal(load)));
	mag_json_set(object, "starved_percent",
		     mag_json_real(mag_load_starved(load)));
	mag_json_set(object, "others_percent",
		     mag_json_real(mag_load_others(load)));
	mag_json_set(object, "irq_percent", mag_json_real(mag_load_irq(load)));
	return object;
}

static void mag_state_json_slub(json_t *object,
				const struct mag_slab_cache *cache)
{
	mag_json_set(object, "failslab", json_boolean(cache->failslab));
	mag_json_set(object, "sheaf_capacity",
		     mag_json_u64(cache->sheaf_capacity));
	mag_json_set(object, "object_size", mag_json_u64(cache->object_size));
	mag_json_set(object, "slab_size", mag_json_u64(cache->slab_size));
	mag_json_set(object, "aliases", mag_json_u64(cache->aliases));
}

/* As the files say: numbers are text. */
static void mag_state_json_magazine(json_t *object,
				    const struct mag_slab_cache *cache)
{
	json_t *knobs = json_object();

	for (size_t i = 0; i < cache->nr_knobs; i++)
		mag_json_set(knobs, cache->knobs[i].name,
			     json_string(cache->knobs[i].value));
	mag_json_set(object, "knobs", knobs);
}

static json_t *mag_state_json_cache(const struct mag_subject *subject,
				    const struct mag_slab_cache *cache)
{
	json_t *object = json_object();

	mag_json_set(object, "backend", json_string(subject->about->name));
	mag_json_set(object, "name", json_string(cache->name));
	mag_json_set(object, "debug", json_string(cache->debug));
	if (subject->slabs.kind == MAG_SLAB_SLUB)
		mag_state_json_slub(object, cache);
	else
		mag_state_json_magazine(object, cache);
	return object;
}

static json_t *mag_state_json_caches(const struct mag_experiment *experiment)
{
	json_t *array = json_array();

	for (size_t i = 0; i < experiment->request->nr_backends; i++) {
		const struct mag_subject *subject = &experiment->subjects[i];

		for (size_t j = 0; j < subject->slabs.nr; j++)
			mag_json_append(
				array,
				mag_state_json_cache(subject,
						     &subject->slabs.cache[j]));
	}
	return array;
}

json_t *mag_state_json(const struct mag_host *host,
		       const struct mag_experiment *experiment)
{
	json_t *object = json_object();

	for (int i = 0; i < MAG_NR_FACTS; i++)
		mag_json_set(object, mag_fact_name(i),
			     mag_state_json_fact(host, i));
	if (experiment) {
		mag_json_set(object, "load",
			     mag_state_json_load(&experiment->load));
		mag_json_set(object, "caches",
			     mag_state_json_caches(experiment));
	}
	return object;
}

bool mag_state_refuses(const struct mag_experiment *experiment)
{
	return experiment->strict &&
	       mag_warnings_missing(&experiment->warnings);
}

char *mag_state_refusal(const struct mag_experiment *experiment)
{
	const struct mag_warnings *warnings = &experiment->warnings;
	const char *between = "";
	struct mag_text text;

	mag_text_begin(&text);
	fputs("no verdict while these stand: ", text.out);
	for (size_t i = 0; i < warnings->nr; i++) {
		const struct mag_warning *warning = &warnings->entry[i];

		if (!warning->precondition)
			continue;
		fprintf(text.out, "%s%s (%s)", between, warning->name,
			warning->cure ?: "see its WARNING");
		between = ", ";
	}
	return mag_text_end(&text);
}
