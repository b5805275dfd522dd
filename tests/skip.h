/* SPDX-License-Identifier: MIT
 * Tests that cannot run on this machine say so, and are counted. */
#ifndef FLX_TEST_SKIP_H
#define FLX_TEST_SKIP_H

/* The running test, or a part of it, is skipped: prints why, and counts the test once.
 * Also what the test did run still counts: a failed assertion remains one. */
void skip_test(const char *why, ...) __attribute__((format(printf, 1, 2)));

/* How many tests have been skipped. */
unsigned skipped_tests(void);
#endif
