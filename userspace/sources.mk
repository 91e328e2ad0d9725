# SPDX-License-Identifier: GPL-2.0-only
# The sources that magctl and its unit tests share, lowest layer first.
MAGCTL_SOURCES := \
	util.c \
	suggest.c \
	parse.c \
	histogram.c \
	stats.c \
	warnings.c \
	sysfile.c \
	hoststate.c \
	slabstate.c \
	cpuload.c \
	cpulist.c \
	place.c \
	slabinfo.c \
	environment.c \
	table.c \
	signals.c \
	output.c \
	json.c \
	progress.c \
	complain.c \
	catalog.c \
	machine.c \
	machine_report.c \
	session.c \
	options.c \
	request.c \
	round.c \
	experiment.c \
	state.c \
	report.c \
	result.c \
	measure.c \
	cmd_list.c \
	cmd_run.c \
	cmd_compare.c \
	cmd_info.c \
	cmd_machine.c
