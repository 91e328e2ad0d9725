/* SPDX-License-Identifier: GPL-2.0-only */
/* What an errno of the device means to a user, what cures it, how to exit. */
#ifndef MAGCTL_COMPLAIN_H
#define MAGCTL_COMPLAIN_H

/* Which call failed; the same errno means different things to different calls. */
enum mag_call {
	MAG_CALL_OPEN,
	MAG_CALL_INFO,
	MAG_CALL_DESCRIBE,
	MAG_CALL_START,
	MAG_CALL_STATUS,
	MAG_CALL_HIST,
	MAG_CALL_STOP,
	MAG_CALL_FINISH,
	MAG_CALL_MACHINE,
	MAG_CALL_RUN, /* the run itself: mag_run_status.error */
};

/* Cause and cure in one line, without a newline; @err is negative. */
const char *mag_complain_text(enum mag_call call, int err);
/* What magctl exits with; never 0. */
int mag_complain_exit(enum mag_call call, int err);
/* Prints "@subject: text" and returns the exit code. */
int mag_complain(const char *subject, enum mag_call call, int err);

#endif /* MAGCTL_COMPLAIN_H */
