/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For arch/um/kernel/stacktrace.c, which scripts/kernel/build has this included
 * into; kernel/stacktrace.c, of the same name, gets it as well and has no use for
 * it.  User-Mode Linux looks for return addresses in every word of a stack, and
 * asks of each that is not the kernel's own whether a module owns it: under RCU's
 * lock, which lockdep follows with interrupts masked, and to mask them is a system
 * call there.  A sanitizer keeps a stack an allocation; nine tenths of a debug
 * kernel's time went there.  What lies outside of where modules are loaded needs
 * no such question.
 */
#ifndef MAGSLAB_UM_TEXT_H
#define MAGSLAB_UM_TEXT_H

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/sections.h>

static inline int mag_um_text_address(unsigned long addr)
{
	if (addr >= MODULES_VADDR && addr < MODULES_END)
		return __kernel_text_address(addr);
	return core_kernel_text(addr) || is_kernel_inittext(addr);
}

#define __kernel_text_address mag_um_text_address

#endif /* MAGSLAB_UM_TEXT_H */
