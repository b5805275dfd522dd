/* SPDX-License-Identifier: MIT */
#include "formats/memory.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void new_memory_is_zero_and_never_empty(void)
{
    int *numbers = NULL;
    double *none = NULL;
    assert_true(FLX_NEW(numbers, 3) != NULL);
    assert_true(numbers[0] == 0 && numbers[2] == 0);
    assert_true(FLX_NEW(none, 0) != NULL); /* NULL means lack of memory only */
    assert_true(none[0] == 0);
    free(none);
    free(numbers);
    assert_true(FLX_NEW(numbers, SIZE_MAX / 2) == NULL);
}

static void lists_grow_by_doubling_and_keep_what_they_hold(void)
{
    int *list = NULL, growths = 0;
    size_t room = 0;
    for (int i = 0; i < 1000; i++) {
        size_t before = room;
        assert_true(FLX_GROW(list, room, i + 1));
        growths += room != before;
        list[i] = i;
    }
    assert_int(growths, 7); /* 16, 32 ... 1024 */
    assert_int((long)room, 1024);
    assert_int(list[17] + list[999], 1016);
    int *same = list;
    assert_true(!FLX_GROW(list, room, SIZE_MAX / 2));
    assert_true(list == same && room == 1024);
    free(list);
}

static flx_status leave_early(int *freed, flx_error *error)
{
    FLX_SCOPED char *text = NULL;
    FLX_TRY(flx_copy_text("kept until here", &text, error));
    *freed = (int)strlen(text);
    return flx_no_memory(error, "%d rows of %s", 3, "t.h5");
}

static void lack_of_memory_is_said_in_one_way(void)
{
    flx_error error = {0};
    int length = 0;
    assert_int(leave_early(&length, &error), FLX_NO_MEMORY);
    assert_int(length, 15);
    assert_text(error.message, "out of memory for 3 rows of t.h5");
}

CU_TestInfo memory_tests[] = {
    {"new memory is zero and never empty", new_memory_is_zero_and_never_empty},
    {"lists grow by doubling and keep what they hold",
     lists_grow_by_doubling_and_keep_what_they_hold},
    {"lack of memory is said in one way", lack_of_memory_is_said_in_one_way},
    CU_TEST_INFO_NULL,
};
