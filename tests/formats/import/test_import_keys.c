/* SPDX-License-Identifier: MIT */
#include "formats/import/import_keys.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stdio.h>

static void texts_are_numbered_by_first_appearance(void)
{
    enum { COUNT = 5000 }; /* several times as many as there are slots at first */
    flx_import_keys *keys;
    flx_error error = {0};
    char text[16];
    int number = -1;
    assert_int(flx_import_keys_create(&keys, &error), FLX_OK);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            snprintf(text, sizeof text, "key %d", i * 7 % COUNT);
            assert_int(flx_import_keys_number(keys, text, &number, &error), FLX_OK);
            assert_int(number, i);
        }
    assert_int(flx_import_keys_count(keys), COUNT);
    assert_text(flx_import_keys_text(keys, 2), "key 14");
    assert_int(flx_import_keys_number(keys, "", &number, &error), FLX_OK);
    assert_int(number, COUNT);
    flx_import_keys_destroy(keys);
    flx_import_keys_destroy(NULL);
}

CU_TestInfo import_keys_tests[] = {
    {"texts are numbered by first appearance", texts_are_numbered_by_first_appearance},
    CU_TEST_INFO_NULL,
};
