// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of caches: for who looks at all of them, and for a report that must
 * tell whether a pointer to a cache is one.
 */
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "internal.h"

static DEFINE_MUTEX(mag_caches_lock);
static LIST_HEAD(mag_caches);

void mag_registry_add(struct mag_cache *cache)
{
	mutex_lock(&mag_caches_lock);
	list_add_tail_rcu(&cache->list, &mag_caches);
	mutex_unlock(&mag_caches_lock);
}

void mag_registry_remove(struct mag_cache *cache)
{
	mutex_lock(&mag_caches_lock);
	list_del_rcu(&cache->list);
	mutex_unlock(&mag_caches_lock);
}

bool mag_registry_empty(void)
{
	return list_empty(&mag_caches);
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
