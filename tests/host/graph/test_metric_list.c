/* SPDX-License-Identifier: MIT
 * Reading a spectrum from the command line. */
#include "host/graph/metric_list.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <stddef.h>

static void reads_names_in_order(void)
{
    flx_metric_list spectrum;
    flx_error error = {0};
    assert_int(flx_metric_list_parse(" p50,p85 ,\tp90,avg queue", &spectrum, &error),
               FLX_OK);
    assert_int(spectrum.n, 4);
    assert_text(spectrum.names[0], "p50");
    assert_text(spectrum.names[1], "p85");
    assert_text(spectrum.names[2], "p90");
    assert_text(spectrum.names[3], "avg queue");
    flx_metric_list_clear(&spectrum);
    assert_int(spectrum.n, 0);
    assert_int(flx_metric_list_parse("p90", &spectrum, &error), FLX_OK);
    assert_int(spectrum.n, 1);
    flx_metric_list_clear(&spectrum);
}

static void takes_no_text_for_the_target_alone(void)
{
    flx_metric_list spectrum;
    flx_error error = {0};
    assert_int(flx_metric_list_parse(NULL, &spectrum, &error), FLX_OK);
    assert_int(spectrum.n, 0);
    flx_metric_list_clear(&spectrum);
}

static void refuse(const char *text, const char *part)
{
    flx_metric_list spectrum;
    flx_error error = {0};
    assert_int(flx_metric_list_parse(text, &spectrum, &error), FLX_BAD_INPUT);
    assert_int(spectrum.n, 0);
    assert_true(spectrum.names == NULL);
    assert_contains(error.message, part);
}

static void refuses_what_is_not_a_spectrum(void)
{
    refuse("", "name 1 is empty");
    refuse("p50,,p90", "name 2 is empty");
    refuse("p50, ", "name 2 is empty");
    refuse(",p50", "name 1 is empty");
    refuse("p50,p90, p50", "\"p50\" is given twice");
    refuse("p50,select", "stands alone");
    refuse("select, p90", "stands alone");
}

CU_TestInfo metric_list_tests[] = {
    {"reads names in order", reads_names_in_order},
    {"takes no text for the target alone", takes_no_text_for_the_target_alone},
    {"refuses what is not a spectrum", refuses_what_is_not_a_spectrum},
    CU_TEST_INFO_NULL,
};
