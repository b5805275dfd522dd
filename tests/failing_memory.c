/* SPDX-License-Identifier: MIT
 * The linker sends our calls of malloc and its kin here (--wrap, tests/CMakeLists.txt).
 */
#include "tests/failing_memory.h"

#include <stdlib.h>

static int left = -1; /* allocations until one fails; -1: none does */
static int has_failed;

void memory_fails_after(int count)
{
    left = count;
    has_failed = 0;
}

int memory_is_back(void)
{
    left = -1;
    return has_failed;
}

static int fails_now(void)
{
    int now = left == 0;
    if (left >= 0)
        left--;
    has_failed |= now;
    return now;
}

#define WRAP(name, parameters, arguments)                                                \
    void *__real_##name parameters;                                                      \
    void *__wrap_##name parameters;                                                      \
    void *__wrap_##name parameters                                                       \
    {                                                                                    \
        return left >= 0 && fails_now() ? NULL : __real_##name arguments;                \
    }

WRAP(malloc, (size_t size), (size))
WRAP(calloc, (size_t count, size_t size), (count, size))
WRAP(realloc, (void *memory, size_t size), (memory, size))
WRAP(strdup, (const char *text), (text))
WRAP(strndup, (const char *text, size_t length), (text, length))
