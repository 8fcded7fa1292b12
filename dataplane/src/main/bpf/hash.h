/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* Where a key is in a table that the daemon writes: in one of two buckets. KeyedHash.java has the same. */
#pragma once
#include "bpf.h"

INLINE __u64 mix(__u64 h, __u64 word, __u64 factor)
{
	return (h ^ h >> 29 ^ word) * factor;
}

/* Never 0, which says that an entry is free. */
INLINE __u64 closed(__u64 h)
{
	return (h ^ h >> 31) | 1;
}

INLINE __u32 bucket_of(__u64 h, int choice, __u32 buckets)
{
	return (choice ? h >> 32 : h & 0xffffffff) * buckets >> 32;
}
