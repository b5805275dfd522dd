/* SPDX-License-Identifier: MIT */
#include "host/regression/fit_cache.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

/* A task with all that is part of its cause. */
typedef struct {
    double X[4], y[2], start[4];
    flx_feature features[2];
    const char *inputs[3];
    flx_predictor predictor;
    flx_fit_task task;
} example;

static void make_example(example *e)
{
    *e = (example){.X = {0.1, 0.2, 0.3, 0.4},
                   .y = {1, 2},
                   .features = {{0, false, false, -1, 1, 0, 0.3, 0},
                                {2, true, true, -2, 2, 0.5, 0.1, 0.7}},
                   .inputs = {"web:a", "web:b", "db:p90"}};
    e->predictor = (flx_predictor){.n_inputs = 3,
                                   .n_features = 2,
                                   .n_metrics = 1,
                                   .features = e->features,
                                   .output_low = 0,
                                   .output_high = 9};
    e->task = (flx_fit_task){.name = "web:p90",
                             .n = 2,
                             .d = 2,
                             .X = e->X,
                             .y = e->y,
                             .prior = FLX_PRIOR_DENSITY,
                             .predictor_template = &e->predictor,
                             .inputs = e->inputs};
}

static void is_the_same_for_equal_tasks(void)
{
    example a, b;
    char first[65], second[65];
    make_example(&a);
    make_example(&b);
    flx_fit_key(&a.task, first);
    flx_fit_key(&b.task, second);
    assert_text(second, first);
    assert_int((long)strlen(first), 64);
    assert_int((long)strspn(first, "0123456789abcdef"), 64);
}

/* Changes one part of the cause; false where there is no part of that number. */
static bool change_data(example *e, int part)
{
    switch (part) {
    case 0:
        e->X[3] = nextafter(e->X[3], 1);
        break;
    case 1:
        e->y[1] = nextafter(e->y[1], 1);
        break;
    case 2:
        e->task.prior = FLX_PRIOR_NONE;
        break;
    case 3:
        e->task.is_isotropic = true;
        break;
    case 4:
        e->task.name = "web:p95";
        break;
    case 5:
        e->inputs[0] = "web:c";
        break;
    case 6:
        e->inputs[0] = "web:", e->inputs[1] = "aweb:b";
        break;
    default:
        return false;
    }
    return true;
}

static bool change_scaling(example *e, int part)
{
    flx_feature *f = &e->features[1];
    switch (part) {
    case 7:
        f->input = 1;
        break;
    case 8:
        f->is_indicator = false;
        break;
    case 9:
        f->is_log = false;
        break;
    case 10:
        f->low = -3;
        break;
    case 11:
        f->high = 3;
        break;
    case 12:
        f->center = 0;
        break;
    case 13:
        f->scale = 0.2;
        break;
    case 14:
        f->fill = 0;
        break;
    case 15:
        e->predictor.is_log = true;
        break;
    case 16:
        e->predictor.n_metrics = 0;
        break;
    case 17:
        e->predictor.output_low = -1;
        break;
    case 18:
        e->predictor.output_high = 10;
        break;
    case 19:
        e->predictor.n_inputs = 2;
        break;
    default:
        return false;
    }
    return true;
}

static bool change_task(example *e, int part)
{
    switch (part) {
    case 20:
        e->task.n = 1;
        break;
    case 21:
        e->task.n = 4, e->task.d = 1, e->task.y = e->X;
        break;
    case 22:
        e->task.predictor_template = NULL;
        break;
    case 23:
        e->task.starts = 1;
        break;
    case 24:
        e->task.start = e->start;
        break;
    case 25:
        e->task.start = e->start;
        e->start[3] = -4;
        break;
    case 26:
        e->task.kind = FLX_PREDICTOR_FOREST;
        break;
    case 27:
        e->task.kind = FLX_PREDICTOR_FOREST;
        e->task.seed = 1;
        break;
    case 28:
        e->task.kind = FLX_PREDICTOR_FOREST;
        e->task.wants_residuals = true;
        break;
    case 29:
        e->task.covariance = FLX_MATERN32;
        break;
    case 30:
        e->task.covariance = FLX_SQUARED_EXPONENTIAL;
        break;
    default:
        return false;
    }
    return true;
}

static bool change(example *e, int part)
{
    return change_data(e, part) || change_scaling(e, part) || change_task(e, part);
}

static void changes_with_every_part(void)
{
    char digests[64][65];
    example e;
    make_example(&e);
    flx_fit_key(&e.task, digests[0]);
    int count = 1;
    for (; change(&e, count - 1); make_example(&e)) {
        flx_fit_key(&e.task, digests[count]);
        for (int i = 0; i < count; i++)
            assert_true(strcmp(digests[i], digests[count]) != 0);
        count++;
    }
    assert_int(count, 32);
}

/* A Gaussian process draws no random numbers and always has its residuals. */
static void leaves_out_what_the_kind_does_not_look_at(void)
{
    example e;
    char before[65], after[65];
    make_example(&e);
    flx_fit_key(&e.task, before);
    e.task.seed = 7;
    e.task.wants_residuals = true;
    flx_fit_key(&e.task, after);
    assert_text(after, before);
    e.task.kind = FLX_PREDICTOR_FOREST;
    flx_fit_key(&e.task, before);
    e.task.prior = FLX_PRIOR_NONE;
    e.task.is_isotropic = true;
    e.task.covariance = FLX_MATERN32;
    flx_fit_key(&e.task, after);
    assert_text(after, before);
}

/* Tasks that fail for lack of rows have a cause all the same. */
static void takes_empty_tasks(void)
{
    flx_fit_task empty = {0};
    char digest[65];
    flx_fit_key(&empty, digest);
    assert_int((long)strlen(digest), 64);
}

CU_TestInfo fit_key_tests[] = {
    {"is the same for equal tasks", is_the_same_for_equal_tasks},
    {"changes with every part", changes_with_every_part},
    {"leaves out what the kind does not look at",
     leaves_out_what_the_kind_does_not_look_at},
    {"takes empty tasks", takes_empty_tasks},
    CU_TEST_INFO_NULL,
};
