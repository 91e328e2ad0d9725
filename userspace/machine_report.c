// SPDX-License-Identifier: GPL-2.0-only
/* What a machine is, for people and for programs. */
#include <math.h>

#include "complain.h"
#include "machine_report.h"
#include "table.h"
#include "util.h"

#define MAG_MACHINE_INDENT 2

/* Three digits, which is more than a machine repeats; no exponent. */
static const char *mag_cost_format(double cost)
{
	return cost < 10 ? "%.2f" : cost < 100 ? "%.1f" : "%.0f";
}

static const char *mag_machine_remark(const struct mag_profile *profile, int i)
{
	if (!profile->cost[i].measured)
		return i == MAG_PRIMITIVE_LINE && profile->cpus.nr < 2
			       ? "needs two CPUs"
			       : "not measured";
	if (!mag_machine_is_judged(profile, i))
		return "not judged: instructions do not tell";
	return profile->out & MAG_PRIMITIVE_BIT(i) ? "OUT OF PROPORTION" : "ok";
}

static void mag_machine_costs(struct mag_table *table,
			      const struct mag_cost *cost)
{
	if (!cost->measured) {
		mag_table_cell(table, "-");
		mag_table_cell(table, "-");
		mag_table_cell(table, "-");
		return;
	}
	mag_table_cell(table, mag_cost_format(cost->min), cost->min);
	mag_table_cell(table, mag_cost_format(cost->median), cost->median);
	mag_table_cell(table, mag_cost_format(cost->worst), cost->worst);
}

/* NAN if there is nothing to divide, or by. */
static double mag_machine_ratio(const struct mag_profile *profile, int i)
{
	double call = profile->cost[MAG_PRIMITIVE_CALL].median;

	if (!profile->cost[i].measured || !(call > 0))
		return NAN;
	return profile->cost[i].median / call;
}

static void mag_machine_row(struct mag_table *table,
			    const struct mag_profile *profile, int i)
{
	const struct mag_usual *usual = mag_machine_usual(i);
	double ratio = mag_machine_ratio(profile, i);

	mag_table_cell(table, "%s", usual->name);
	mag_machine_costs(table, &profile->cost[i]);
	mag_table_cell(table, "%.0f to %.0f ns", usual->low, usual->high);
	if (isnan(ratio))
		mag_table_cell(table, "-");
	else
		mag_table_cell(table, "%.1f", ratio);
	mag_table_cell(table, "%.1f", mag_machine_usual_ratio(i));
	mag_table_cell(table, "%s", usual->does);
	mag_table_cell(table, "%s", mag_machine_remark(profile, i));
}

static void mag_machine_table(const struct mag_profile *profile, FILE *out)
{
	struct mag_table *table = mag_table_create(MAG_MACHINE_INDENT);

	mag_table_column(table, "<primitive");
	mag_table_column(table, ">min");
	mag_table_column(table, ">median");
	mag_table_column(table, ">worst CPU");
	mag_table_column(table, ">bare metal");
	mag_table_column(table, ">calls");
	mag_table_column(table, ">usual");
	mag_table_column(table, "<what it is");
	mag_table_column(table, "<remark");
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++)
		mag_machine_row(table, profile, i);
	mag_table_print(table, out);
	mag_table_destroy(table);
}

static void mag_machine_interruptions(const struct mag_profile *profile,
				      FILE *out)
{
	char longest[32];

	if (profile->unit == MAG_UNIT_NS)
		mag_format_ns(longest, sizeof(longest),
			      (__u64)profile->gap_max);
	else
		snprintf(longest, sizeof(longest), "%.0f %s", profile->gap_max,
			 mag_unit_name(profile->unit));
	if (isnan(profile->ticks_per_second))
		fprintf(out, "  timer      unknown, CONFIG_HZ=%u\n",
			profile->hz);
	else
		fprintf(out, "  timer      %.0f ticks a second, CONFIG_HZ=%u\n",
			profile->ticks_per_second, profile->hz);
	fprintf(out, "  gaps       %.0f a second, the longest %s",
		profile->gaps_per_second, longest);
	if (isnan(profile->gap_share))
		fputc('\n', out);
	else
		fprintf(out, "; %.2f %% of the time\n",
			100 * profile->gap_share);
}

void mag_machine_print(const struct mag_profile *profile, FILE *out)
{
	const struct mag_cost *clock = &profile->cost[MAG_PRIMITIVE_CLOCK];
	const char *unit = mag_unit_name(profile->unit);

	fprintf(out, "  measured   on %zu CPU%s, in %s\n", profile->cpus.nr,
		profile->cpus.nr == 1 ? "" : "s", unit);
	fprintf(out,
		"  step       %.4g %s, by which readings of the clock differ\n",
		profile->clock_step, unit);
	fprintf(out, "  reading    %.4g %s\n", clock->median, unit);
	mag_machine_interruptions(profile, out);
	fputc('\n', out);
	mag_machine_table(profile, out);
}

void mag_machine_print_line(const struct mag_profile *profile, FILE *out)
{
	if (profile->error) {
		fputs("not measured\n", out);
		return;
	}
	for (int i = 0; i < MAG_NR_PRIMITIVES; i++) {
		const struct mag_cost *cost = &profile->cost[i];

		if (!cost->measured)
			continue;
		fprintf(out, "%s ", mag_machine_usual(i)->name);
		fprintf(out, mag_cost_format(cost->median), cost->median);
		fputs(profile->out & MAG_PRIMITIVE_BIT(i) ? "! " : " ", out);
	}
	fprintf(out, "%s\n", mag_unit_name(profile->unit));
}

static json_t *mag_machine_json_cost(const struct mag_profile *profile, int i)
{
	const struct mag_usual *usual = mag_machine_usual(i);
	const struct mag_cost *cost = &profile->cost[i];
	json_t *object = json_object();

	mag_json_set(object, "name", json_string(usual->name));
	mag_json_set(object, "measured", json_boolean(cost->measured));
	mag_json_set(object, "min",
		     mag_json_real(cost->measured ? cost->min : NAN));
	mag_json_set(object, "median",
		     mag_json_real(cost->measured ? cost->median : NAN));
	mag_json_set(object, "worst",
		     mag_json_real(cost->measured ? cost->worst : NAN));
	mag_json_set(object, "worst_cpu",
		     cost->measured ? json_integer(cost->worst_cpu)
				    : json_null());
	mag_json_set(object, "calls",
		     mag_json_real(mag_machine_ratio(profile, i)));
	mag_json_set(object, "usual_low_ns", mag_json_real(usual->low));
	mag_json_set(object, "usual_high_ns", mag_json_real(usual->high));
	mag_json_set(object, "usual_calls",
		     mag_json_real(mag_machine_usual_ratio(i)));
	mag_json_set(object, "judged",
		     json_boolean(mag_machine_is_judged(profile, i)));
	mag_json_set(object, "out_of_proportion",
		     json_boolean(profile->out & MAG_PRIMITIVE_BIT(i)));
	return object;
}

static void mag_machine_json_measured(json_t *object,
				      const struct mag_profile *profile)
{
	json_t *costs = json_array();

	for (int i = 0; i < MAG_NR_PRIMITIVES; i++)
		mag_json_append(costs, mag_machine_json_cost(profile, i));
	mag_json_set(object, "smp", json_boolean(!profile->up));
	mag_json_set(object, "clock_step", mag_json_real(profile->clock_step));
	mag_json_set(object, "hz", json_integer(profile->hz));
	mag_json_set(object, "ticks_per_second",
		     mag_json_real(profile->ticks_per_second));
	mag_json_set(object, "gaps_per_second",
		     mag_json_real(profile->gaps_per_second));
	mag_json_set(object, "gap_max", mag_json_real(profile->gap_max));
	mag_json_set(object, "gap_share", mag_json_real(profile->gap_share));
	mag_json_set(object, "costs", costs);
}

json_t *mag_machine_json(const struct mag_profile *profile)
{
	json_t *object = json_object(), *cpus = json_array();

	for (size_t i = 0; i < profile->cpus.nr; i++)
		mag_json_append(cpus, json_integer(profile->cpus.cpu[i]));
	mag_json_set(object, "measured", json_boolean(!profile->error));
	mag_json_set(object, "unit", json_string(mag_unit_name(profile->unit)));
	mag_json_set(object, "cpus", cpus);
	if (profile->error)
		mag_json_set(object, "error",
			     json_string(mag_complain_text(MAG_CALL_MACHINE,
							   profile->error)));
	else
		mag_machine_json_measured(object, profile);
	return object;
}
