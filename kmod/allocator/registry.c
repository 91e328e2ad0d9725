// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of caches: for who looks at all of them, for who is told when one
 * comes or goes, and for a report that must tell whether a pointer to a cache
 * is one.
 */
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "internal.h"

/*
 * Changes take both, so that either will do for looking.  The listener is told
 * under the first alone, since it waits for others who may look at the list.
 */
static DEFINE_MUTEX(mag_listener_lock);
static DEFINE_MUTEX(mag_caches_lock);
static LIST_HEAD(mag_caches);
/* Under the first. */
static const struct mag_cache_listener *mag_listener;
static u32 mag_unheard;
/* Under the second. */
static u64 mag_serial;

/* Caller holds the listener's lock. */
static void tell_created(struct mag_cache *cache)
{
	cache->heard_of = true;
	mag_listener->created(cache);
}

static void tell_destroyed(struct mag_cache *cache)
{
	if (cache->heard_of)
		mag_listener->destroyed(cache);
	cache->heard_of = false;
}

void mag_registry_add(struct mag_cache *cache)
{
	mutex_lock(&mag_listener_lock);
	mutex_lock(&mag_caches_lock);
	cache->serial = ++mag_serial;
	list_add_tail_rcu(&cache->list, &mag_caches);
	mutex_unlock(&mag_caches_lock);
	if (mag_listener && !mag_unheard)
		tell_created(cache);
	mutex_unlock(&mag_listener_lock);
}

void mag_registry_remove(struct mag_cache *cache)
{
	mutex_lock(&mag_listener_lock);
	if (mag_listener)
		tell_destroyed(cache);
	mutex_lock(&mag_caches_lock);
	list_del_rcu(&cache->list);
	mutex_unlock(&mag_caches_lock);
	mutex_unlock(&mag_listener_lock);
}

/* Of all caches. */
static void listener_tell(void (*fn)(struct mag_cache *cache))
{
	struct mag_cache *cache;

	lockdep_assert_held(&mag_listener_lock);
	list_for_each_entry(cache, &mag_caches, list)
		fn(cache);
}

/**
 * mag_cache_listen() - be told of caches, from those that are there on
 * @listener: in the place of the last one, which is told that all caches go;
 *	NULL for none
 *
 * There is one listener, debugfs.
 *
 * Context: task, may sleep.
 */
void mag_cache_listen(const struct mag_cache_listener *listener)
{
	mutex_lock(&mag_listener_lock);
	if (mag_listener)
		listener_tell(tell_destroyed);
	mag_listener = listener;
	if (mag_listener)
		listener_tell(tell_created);
	mutex_unlock(&mag_listener_lock);
}

void mag_registry_hush(bool on)
{
	mutex_lock(&mag_listener_lock);
	mag_unheard += on ? 1 : -1;
	mutex_unlock(&mag_listener_lock);
}

bool mag_registry_empty(void)
{
	bool empty;

	mutex_lock(&mag_caches_lock);
	empty = list_empty(&mag_caches);
	mutex_unlock(&mag_caches_lock);
	return empty;
}

bool mag_registry_name(const void *pointer, char *name, size_t size)
{
	struct mag_cache *cache;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(cache, &mag_caches, list) {
		if (cache != pointer)
			continue;
		strscpy(name, cache->name, size);
		found = true;
		break;
	}
	rcu_read_unlock();
	return found;
}

/* Caller holds the lock. */
static void caches_walk(void (*fn)(struct mag_cache *cache, void *arg),
			void *arg)
{
	struct mag_cache *cache;

	lockdep_assert_held(&mag_caches_lock);
	list_for_each_entry(cache, &mag_caches, list)
		fn(cache, arg);
}

void mag_cache_for_each(void (*fn)(struct mag_cache *cache, void *arg),
			void *arg)
{
	mutex_lock(&mag_caches_lock);
	caches_walk(fn, arg);
	mutex_unlock(&mag_caches_lock);
}

bool mag_cache_try_for_each(void (*fn)(struct mag_cache *cache, void *arg),
			    void *arg)
{
	if (!mutex_trylock(&mag_caches_lock))
		return false;
	caches_walk(fn, arg);
	mutex_unlock(&mag_caches_lock);
	return true;
}
