/* SPDX-License-Identifier: MIT */
#include "formats/names.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>

static void control_characters_are_seen(void)
{
    assert_true(!flx_has_control(""));
    assert_true(!flx_has_control("re dis.v2:a/b \xC3\xA9"));
    assert_true(flx_has_control("a\tb"));
    assert_true(flx_has_control("a\x7f"));
    assert_true(flx_has_control("\n"));
}

static void repeats_are_found(void)
{
    static const char *const names[] = {"c", "a", "b", "a:b", "a"};
    const char *repeated;
    flx_error error = {0};
    assert_int(flx_find_repeat(names, 5, &repeated, &error), FLX_OK);
    assert_text(repeated, "a");
    assert_int(flx_find_repeat(names, 4, &repeated, &error), FLX_OK);
    assert_true(repeated == NULL);
    assert_int(flx_find_repeat(names, 0, &repeated, &error), FLX_OK);
    assert_true(repeated == NULL);
    assert_text(names[0], "c"); /* in their order as before */
}

CU_TestInfo names_tests[] = {
    {"control characters are seen", control_characters_are_seen},
    {"repeats are found", repeats_are_found},
    CU_TEST_INFO_NULL,
};
