// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device /dev/magslab: permission, checks and copies of the ABI.  What a
 * run is, and when it may start, is left to stress/run.c.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "info.h"
#include "stress/hist.h"
#include "stress/primitive.h"
#include "stress/run.h"
#include "uapi/magslab.h"

static_assert(sizeof(struct mag_info) == 192);
static_assert(sizeof(struct mag_describe) == 352);
static_assert(sizeof(struct mag_run_config) == 296);
static_assert(sizeof(struct mag_op_result) == 56);
static_assert(sizeof(struct mag_run_status) == 848);
static_assert(sizeof(struct mag_hist_read) == 48);
static_assert(sizeof(struct mag_primitive_cost) == 24);
static_assert(sizeof(struct mag_machine) == 504);
static_assert(MAG_NR_PRIMITIVES <= MAG_MAX_PRIMITIVES);

/**
 * struct mag_session - a run, and who looks at it
 * @ref: the file's, and one of each request under way; the last ends the run
 * @run: the run
 */
struct mag_session {
	struct kref ref;
	struct mag_run *run;
};

/* One open file. */
struct mag_file {
	/* One MAG_IOC_START at a time; held while a run is set up. */
	struct mutex start;
	/* Protects the pointer below, so briefly that no request waits. */
	spinlock_t lock;
	/* The last run started here, or NULL. */
	struct mag_session *session;
};

static void session_release(struct kref *ref)
{
	struct mag_session *session =
		container_of(ref, struct mag_session, ref);

	mag_run_destroy(session->run);
	kfree(session);
}

static void session_put(struct mag_session *session)
{
	if (session)
		kref_put(&session->ref, session_release);
}

/* The file's session with a reference, or NULL if it has none. */
static struct mag_session *session_get(struct mag_file *file)
{
	struct mag_session *session;

	spin_lock(&file->lock);
	session = file->session;
	if (session)
		kref_get(&session->ref);
	spin_unlock(&file->lock);
	return session;
}

/* Hands the caller's reference to the file, and the file's to the caller. */
static struct mag_session *session_swap(struct mag_file *file,
					struct mag_session *session)
{
	struct mag_session *old;

	spin_lock(&file->lock);
	old = file->session;
	file->session = session;
	spin_unlock(&file->lock);
	return old;
}

static struct mag_session *session_start(const struct mag_run_config *config,
					 const u32 *cpus)
{
	struct mag_session *session;
	struct mag_run *run;

	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);
	kref_init(&session->ref);

	run = mag_run_start(config, cpus);
	if (IS_ERR(run)) {
		kfree(session);
		return ERR_CAST(run);
	}
	session->run = run;
	return session;
}

static long ioctl_info(void __user *argp)
{
	struct mag_info info;

	mag_info_get(&info);
	return copy_to_user(argp, &info, sizeof(info)) ? -EFAULT : 0;
}

static long ioctl_describe(void __user *argp)
{
	struct mag_describe desc;
	int err;

	if (copy_from_user(&desc, argp, sizeof(desc)))
		return -EFAULT;
	if (desc.reserved)
		return -EINVAL;
	err = mag_info_describe(&desc);
	if (err)
		return err;
	return copy_to_user(argp, &desc, sizeof(desc)) ? -EFAULT : 0;
}

/*
 * The CPUs of a run in kernel memory; NULL if it names none, or ERR_PTR().  In
 * another ABI version the field may mean anything: mag_run_start() refuses that.
 */
static u32 *copy_cpus(const struct mag_run_config *config)
{
	size_t bytes;

	if (config->abi_version != MAG_ABI_VERSION || !config->cpus)
		return NULL;
	if (!config->nr_workers || config->nr_workers > MAG_MAX_WORKERS)
		return ERR_PTR(-EINVAL);
	bytes = array_size(config->nr_workers, sizeof(u32));
	return memdup_user(u64_to_user_ptr(config->cpus), bytes);
}

static long file_start(struct mag_file *file,
		       const struct mag_run_config *config, const u32 *cpus)
{
	struct mag_session *session;

	if (mutex_lock_interruptible(&file->start))
		return -ERESTARTSYS;
	session = session_start(config, cpus);
	if (!IS_ERR(session))
		session_put(session_swap(file, session));
	mutex_unlock(&file->start);
	return PTR_ERR_OR_ZERO(session);
}

static long ioctl_start(struct mag_file *file, void __user *argp)
{
	struct mag_run_config config;
	long err;
	u32 *cpus;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&config, argp, sizeof(config)))
		return -EFAULT;

	cpus = copy_cpus(&config);
	if (IS_ERR(cpus))
		return PTR_ERR(cpus);
	err = file_start(file, &config, cpus);
	kfree(cpus);
	return err;
}

static long ioctl_status(struct mag_file *file, void __user *argp)
{
	struct mag_session *session = session_get(file);
	struct mag_run_status status;

	memset(&status, 0, sizeof(status));
	if (session)
		mag_run_status(session->run, &status);
	session_put(session);
	return copy_to_user(argp, &status, sizeof(status)) ? -EFAULT : 0;
}

static long copy_hist(const struct mag_hist *hist, struct mag_hist_read *req,
		      void __user *argp)
{
	req->total = hist->count - hist->below - hist->above;
	if (copy_to_user(u64_to_user_ptr(req->counts), hist->bucket,
			 sizeof(hist->bucket)))
		return -EFAULT;
	return copy_to_user(argp, req, sizeof(*req)) ? -EFAULT : 0;
}

static long session_hist(struct mag_session *session, struct mag_hist_read *req,
			 void __user *argp)
{
	struct mag_hist *hist = mag_hist_create(NUMA_NO_NODE);
	long err;

	if (!hist)
		return -ENOMEM;
	err = mag_run_hist(session->run, req->op, req->worker, hist);
	if (!err)
		err = copy_hist(hist, req, argp);
	mag_hist_destroy(hist);
	return err;
}

static long ioctl_hist(struct mag_file *file, void __user *argp)
{
	struct mag_session *session;
	struct mag_hist_read req;
	long err;

	if (copy_from_user(&req, argp, sizeof(req)))
		return -EFAULT;
	if (req.nr_buckets != MAG_HIST_BUCKETS || req.reserved0 ||
	    memchr_inv(req.reserved, 0, sizeof(req.reserved)))
		return -EINVAL;

	session = session_get(file);
	if (!session)
		return -ENODATA;
	err = session_hist(session, &req, argp);
	session_put(session);
	return err;
}

/* STOP and FINISH: @fn waits, with nothing held but a reference. */
static long ioctl_end(struct mag_file *file, int (*fn)(struct mag_run *run))
{
	struct mag_session *session;
	long err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	session = session_get(file);
	if (!session)
		return -ENODATA;
	err = fn(session->run);
	session_put(session);
	return err;
}

static long ioctl_machine(void __user *argp)
{
	struct mag_machine machine;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&machine, argp, sizeof(machine)))
		return -EFAULT;
	err = mag_primitive_measure(&machine);
	if (err)
		return err;
	return copy_to_user(argp, &machine, sizeof(machine)) ? -EFAULT : 0;
}

static long mag_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct mag_file *file = filp->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case MAG_IOC_INFO:
		return ioctl_info(argp);
	case MAG_IOC_DESCRIBE:
		return ioctl_describe(argp);
	case MAG_IOC_START:
		return ioctl_start(file, argp);
	case MAG_IOC_STATUS:
		return ioctl_status(file, argp);
	case MAG_IOC_HIST:
		return ioctl_hist(file, argp);
	case MAG_IOC_STOP:
		return ioctl_end(file, mag_run_stop);
	case MAG_IOC_FINISH:
		return ioctl_end(file, mag_run_finish);
	case MAG_IOC_MACHINE:
		return ioctl_machine(argp);
	default:
		return -ENOTTY;
	}
}

static __poll_t mag_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct mag_session *session;
	__poll_t mask = 0;

	poll_wait(filp, mag_run_waitqueue(), wait);
	session = session_get(filp->private_data);
	if (session && mag_run_settled(session->run))
		mask = EPOLLIN | EPOLLRDNORM;
	session_put(session);
	return mask;
}

static int mag_open(struct inode *inode, struct file *filp)
{
	struct mag_file *file;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	file = kzalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	mutex_init(&file->start);
	spin_lock_init(&file->lock);
	filp->private_data = file;
	return 0;
}

/* No request is under way any more: this reference is the last. */
static int mag_release(struct inode *inode, struct file *filp)
{
	struct mag_file *file = filp->private_data;

	session_put(file->session);
	mutex_destroy(&file->start);
	kfree(file);
	return 0;
}

static const struct file_operations mag_fops = {
	.owner = THIS_MODULE,
	.open = mag_open,
	.release = mag_release,
	.unlocked_ioctl = mag_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = mag_poll,
	.llseek = noop_llseek,
};

static struct miscdevice mag_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = MAG_DEVICE_NAME,
	.fops = &mag_fops,
	.mode = 0600,
};

/**
 * mag_ioctl_init() - register the device
 *
 * Context: task, may sleep.
 * Return: 0, or the errno of misc_register().
 */
int mag_ioctl_init(void)
{
	return misc_register(&mag_device);
}

/**
 * mag_ioctl_exit() - remove the device; no file is open
 *
 * Context: task, may sleep.
 */
void mag_ioctl_exit(void)
{
	misc_deregister(&mag_device);
}
