/* SPDX-License-Identifier: MIT */
#include "tests/skip.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdarg.h>
#include <stdio.h>

static unsigned skipped;

void skip_test(const char *why, ...)
{
    static const CU_Test *last;
    va_list arguments;
    va_start(arguments, why);
    fputs("(skipped: ", stderr);
    vfprintf(stderr, why, arguments);
    fputs(") ", stderr);
    va_end(arguments);
    skipped += CU_get_current_test() != last;
    last = CU_get_current_test();
}

unsigned skipped_tests(void)
{
    return skipped;
}
