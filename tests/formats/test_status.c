/* SPDX-License-Identifier: MIT */
#include "formats/status.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <string.h>

static void keeps_status_and_sentence(void)
{
    flx_error error = {0};
    assert_int(flx_fail(&error, FLX_BAD_INPUT, "row %d: %s", 3, "empty"), FLX_BAD_INPUT);
    assert_int(error.status, FLX_BAD_INPUT);
    assert_text(error.message, "row 3: empty");
}

static void cuts_a_long_sentence(void)
{
    flx_error error = {0};
    flx_fail(&error, FLX_IO_FAILED, "%3000d", 7);
    assert_int((long)strlen(error.message), (long)sizeof error.message - 1);
}

static void maps_statuses_to_exit_codes(void)
{
    assert_int(flx_exit_code(FLX_OK), 0);
    assert_int(flx_exit_code(FLX_BAD_INPUT), 2);
    assert_int(flx_exit_code(FLX_IO_FAILED), 1);
    assert_int(flx_fail(NULL, FLX_NUMERIC, "no place for it"), FLX_NUMERIC);
}

CU_TestInfo status_tests[] = {
    {"keeps status and sentence", keeps_status_and_sentence},
    {"cuts a long sentence", cuts_a_long_sentence},
    {"maps statuses to exit codes", maps_statuses_to_exit_codes},
    CU_TEST_INFO_NULL,
};
