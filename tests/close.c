/* SPDX-License-Identifier: MIT */
#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void record(int passed, const char *file, int line, const char *message)
{
    if (!passed)
        fprintf(stderr, "%s:%d: %s\n", file, line, message);
    CU_assertImplementation(passed, (unsigned)line, message, file, "", CU_FALSE);
}

void assert_close_at(double actual, double expected, double relative, double absolute,
                     const char *file, int line)
{
    double bound = absolute + relative * fabs(expected);
    int passed = isnan(expected)   ? isnan(actual)
                 : isinf(expected) ? actual == expected
                                   : fabs(actual - expected) <= bound;
    char message[256];
    snprintf(message, sizeof message, "%.17g is not %.17g within %.3g (off by %.3g)",
             actual, expected, bound, fabs(actual - expected));
    record(passed, file, line, message);
}

void assert_text_at(const char *actual, const char *expected, const char *file, int line)
{
    char message[2048];
    snprintf(message, sizeof message, "\"%s\" is not \"%s\"", actual ? actual : "(null)",
             expected);
    record(actual && strcmp(actual, expected) == 0, file, line, message);
}

void assert_contains_at(const char *text, const char *part, const char *file, int line)
{
    char message[2048];
    snprintf(message, sizeof message, "\"%s\" does not hold \"%s\"",
             text ? text : "(null)", part);
    record(text && strstr(text, part) != NULL, file, line, message);
}

void assert_int_at(long actual, long expected, const char *file, int line)
{
    char message[128];
    snprintf(message, sizeof message, "%ld is not %ld", actual, expected);
    record(actual == expected, file, line, message);
}

void assert_true_at(int condition, const char *text, const char *file, int line)
{
    char message[512];
    snprintf(message, sizeof message, "not so: %s", text);
    record(condition, file, line, message);
}
