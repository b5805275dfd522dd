/* SPDX-License-Identifier: MIT
 * Memory that runs out at a chosen moment, for our own code: what other libraries take
 * themselves is always there. Not for use where threads allocate. */
#ifndef FLX_TEST_FAILING_MEMORY_H
#define FLX_TEST_FAILING_MEMORY_H

/* The allocation after the next `count` fails, and those after it succeed again. */
void memory_fails_after(int count);

/* No allocation fails any more; returns whether one has failed. */
int memory_is_back(void);
#endif
