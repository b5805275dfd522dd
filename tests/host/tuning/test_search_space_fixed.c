/* SPDX-License-Identifier: MIT
 * Knobs and states that the caller fixes: which column is meant, and what is refused. */
#include "host/tuning/search_space.h"

#include "tests/close.h"
#include "tests/host/tuning/knobs.h"

#include <CUnit/CUnit.h>
#include <string.h>

static void fixed_knobs_leave_the_space_and_keep_their_value(void)
{
    const char *fixes[] = {"ca=che:policy=a=b", "front:threads=8"};
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, fixes, 2);
    assert_int(space->n_dimensions, 4);
    assert_int(space->knobs[THREADS].dimension, -1);
    assert_int(space->knobs[POLICY].dimension, -1);
    assert_int(space->knobs[RMEM].dimension, 2);
    double unit[] = {0, 0, 0, 0}, settings[N_KNOBS], defaults[N_KNOBS];
    flx_search_space_decode(space, unit, settings);
    flx_search_space_defaults(space, defaults);
    assert_close(settings[THREADS], 8, 0, 0);
    assert_close(settings[POLICY], 1, 0, 0);
    assert_close(defaults[POLICY], 1, 0, 0);
    assert_close(defaults[BUFFER], 100, 0, 0);
    assert_int(space->n_states, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void fixed_states_are_listed(void)
{
    const char *fixes[] = {"front:rps=12.5", "ca=che/2:rps=-3e2", "ca=che:rps=4"};
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, fixes, 3);
    assert_int(space->n_dimensions, 6);
    assert_int(space->n_states, 3);
    assert_text(space->states[0].column, "front:rps");
    assert_close(space->states[0].value, 12.5, 0, 0);
    assert_text(space->states[1].column, "ca=che/2:rps");
    assert_close(space->states[1].value, -300, 0, 0);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

/* The last of up to two fixes is refused. */
static void assert_refused(const char *first, const char *second, const char *part)
{
    flx_deployment *deployment = parse_knobs();
    flx_search_space *space = make_space(deployment, &first, second != NULL);
    flx_error error = {0};
    assert_int(flx_search_space_fix(space, second ? second : first, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, part);
    assert_contains(error.message, "--fix");
    assert_int(space->n_dimensions, second && strstr(second, "threads") ? 5 : 6);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

static void fixes_that_cannot_be_are_named(void)
{
    assert_refused("front:threads", NULL, "write COLUMN=VALUE");
    assert_refused("", NULL, "write COLUMN=VALUE");
    assert_refused("back:threads=3", NULL, "no service of that name");
    assert_refused("threads=3", NULL, "no service of that name");
    assert_refused("front:fibres=3", NULL, "no knob or state \"fibres\"");
    assert_refused("front:p90=3", NULL, "has the metric \"p90\"");
    assert_refused("ca=che/1:rmem=64", NULL, "all its replicas");
    assert_refused("ca=che/3:rps=64", NULL, "no instance 3");
    assert_refused("front:threads=9", NULL, "front:threads=9");
    assert_refused("front:threads=4.5", NULL, "front:threads=4.5");
    assert_refused("front:threads=", NULL, "front:threads=");
    assert_refused("ca=che:policy=mru", NULL, "mru");
    assert_refused("front:rps=many", NULL, "\"many\"");
    assert_refused("front:rps=inf", NULL, "finite number");
    assert_refused("front:rps=", NULL, "finite number");
    assert_refused("front:threads=4", "front:threads=5", "given twice");
    assert_refused("front:rps=4", "front:rps=4", "given twice");
}

CU_TestInfo search_space_fixed_tests[] = {
    {"fixed knobs leave the space and keep their value",
     fixed_knobs_leave_the_space_and_keep_their_value},
    {"fixed states are listed", fixed_states_are_listed},
    {"fixes that cannot be are named", fixes_that_cannot_be_are_named},
    CU_TEST_INFO_NULL,
};
