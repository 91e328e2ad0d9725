/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands.  Each takes its arguments from its own name on and returns
 * what magctl exits with, having said what went wrong.
 */
#ifndef MAGCTL_COMMANDS_H
#define MAGCTL_COMMANDS_H

int mag_cmd_list(int argc, char **argv);
int mag_cmd_run(int argc, char **argv);
int mag_cmd_compare(int argc, char **argv);
int mag_cmd_info(int argc, char **argv);
int mag_cmd_machine(int argc, char **argv);

#endif /* MAGCTL_COMMANDS_H */
