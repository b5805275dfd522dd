/* SPDX-License-Identifier: MIT
 * What LeakSanitizer asks at the end of a sanitized test program; nobody calls it
 * elsewhere. libhdf5 (1.10) loses a few hundred bytes of its own where a damaged file
 * stops it halfway, and the tests damage many. Memory that our code takes is still
 * accounted for. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}
