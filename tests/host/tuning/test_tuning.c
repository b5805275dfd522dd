/* SPDX-License-Identifier: MIT
 * Tuning against functions whose optimum is known: no model takes part. */
#include "host/tuning/tuning.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Knobs: 0 timeout 10 .. 20, 1 threads 1 .. 64 (log), 2 policy of three, 3 idle 0 .. 1.
 */
static const char deployment_text[] =
    "{\"format\": \"fluxion-deployment\", \"version\": 1, \"name\": \"shop\",\n"
    " \"target\": {\"service\": \"front\", \"metric\": \"p90\", \"goal\": \"min\"},\n"
    " \"services\": [{\"name\": \"front\", \"knobs\": [\n"
    "    {\"name\": \"timeout\", \"type\": \"continuous\", \"min\": 10, \"max\": 20,"
    " \"default\": 13},\n"
    "    {\"name\": \"threads\", \"type\": \"discrete\", \"min\": 1, \"max\": 64,"
    " \"default\": 2, \"scale\": \"log\"},\n"
    "    {\"name\": \"policy\", \"type\": \"choices\", \"values\": [\"lru\", \"lfu\", "
    "\"fifo\"], \"default\": \"lru\"},\n"
    "    {\"name\": \"idle\", \"type\": \"continuous\", \"min\": 0, \"max\": 1,"
    " \"default\": 0.25}],\n"
    "   \"states\": [\"rps\"], \"metrics\": [\"p90\"], \"calls\": []}]}\n";

typedef struct {
    double sign;  /* of the objective */
    double value; /* added to it; NaN: no prediction at all */
    int status;
    int n_intervals; /* settings whose interval was predicted */
    uint64_t seed;
    bool finish;
} model_calls;

/* 5 at timeout 12.5, threads 24, policy lfu; idle changes nothing. */
static double penalty(const double *s)
{
    double a = s[0] - 12.5, b = (s[1] - 24) / 10;
    return a * a + b * b + (s[2] == 1 ? 0 : 3);
}

static flx_status predict(void *context, const double *settings, int count, double *mean,
                          double *lower, double *upper, flx_error *error)
{
    model_calls *a = context;
    if (a->status)
        return flx_fail(error, FLX_DEVICE_FAILED, "the model broke");
    for (int i = 0; i < count; i++) {
        mean[i] = a->sign * penalty(settings + 4 * i) + a->value;
        if (lower) {
            lower[i] = mean[i] - 2;
            upper[i] = mean[i] + 1;
            a->n_intervals++;
        }
    }
    return FLX_OK;
}

static flx_status tune(model_calls *context, const char *optimizer, int64_t budget,
                       int top, const char *fix, flx_tuned **tuned, flx_error *error)
{
    flx_deployment *deployment = NULL;
    flx_search_space *space = NULL;
    assert_int(flx_deployment_parse(deployment_text, "test", &deployment, error), FLX_OK);
    assert_int(flx_search_space_create(deployment, &space, error), FLX_OK);
    if (fix)
        assert_int(flx_search_space_fix(space, fix, error), FLX_OK);
    flx_tuning tuning = {.space = space,
                         .predict = predict,
                         .context = context,
                         .maximize = context->sign < 0,
                         .optimizer = optimizer,
                         .options = {.budget = budget, .seed = context->seed},
                         .finish = context->finish,
                         .top = top};
    flx_status status = flx_tune(&tuning, tuned, error);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
    return status;
}

static void assert_optimum(const double *settings)
{
    assert_close(settings[0], 12.5, 0, 1e-3);
    assert_close(settings[1], 24, 0, 0);
    assert_close(settings[2], 1, 0, 0);
}

static void finds_the_lowest_and_for_a_goal_of_max_the_highest(void)
{
    for (double sign = -1; sign <= 1; sign += 2) {
        model_calls context = {sign, 5, 0, 0, 2, false};
        flx_tuned *tuned = NULL;
        flx_error error = {0};
        assert_int(tune(&context, "lshade", 10000, 0, NULL, &tuned, &error), FLX_OK);
        assert_optimum(tuned->best.settings);
        assert_close(tuned->best.predicted, 5, 0, 1e-6);
        assert_close(tuned->best.lower90, tuned->best.predicted - 2, 1e-12, 0);
        assert_close(tuned->best.upper90, tuned->best.predicted + 1, 1e-12, 0);
        assert_close(tuned->baseline.predicted, 5 + sign * (0.25 + 4.84 + 3), 1e-12, 0);
        assert_int((long)tuned->evaluations, 10000);
        assert_int(tuned->n_top, 0);
        assert_int(context.n_intervals, 3); /* best, default, best with knobs put back */
        flx_tuned_destroy(tuned);
    }
}

static void every_change_has_its_cost_and_idle_knobs_go_back(void)
{
    for (double sign = -1; sign <= 1; sign += 2) {
        model_calls context = {sign, 5, 0, 0, 2, false};
        flx_tuned *tuned = NULL;
        flx_error error = {0};
        assert_int(tune(&context, "lshade", 10000, 0, NULL, &tuned, &error), FLX_OK);
        assert_close(tuned->best.settings[3], 0.25, 0, 0);
        assert_close(tuned->ablation_costs[0], 0.25, 1e-3, 0);
        assert_close(tuned->ablation_costs[1], 4.84, 1e-3, 0);
        assert_close(tuned->ablation_costs[2], 3, 1e-3, 0);
        assert_close(tuned->ablation_costs[3], 0, 0, 0);
        flx_tuned_destroy(tuned);
    }
}

/* With one evaluation the default is all there is; with a few, random settings beat it in
 * some knobs only. */
static void finishing_never_leaves_a_knob_worse_than_its_default(void)
{
    model_calls context = {1, 5, 0, 0, 2, false};
    flx_tuned *plain = NULL, *finished = NULL;
    flx_error error = {0};
    int had_worse = 0;
    for (int seed = 0; seed < 8; seed++) {
        context.seed = (uint64_t)seed;
        context.finish = false;
        assert_int(tune(&context, "random", 30, 2, NULL, &plain, &error), FLX_OK);
        context.finish = true;
        assert_int(tune(&context, "random", 30, 2, NULL, &finished, &error), FLX_OK);
        assert_true(finished->best.predicted <= plain->best.predicted);
        for (int k = 0; k < 4; k++) {
            had_worse += plain->ablation_costs[k] < 0;
            assert_true(finished->ablation_costs[k] >= 0);
        }
        assert_close(finished->top[0].predicted, finished->best.predicted, 0, 0);
        assert_close(finished->best.predicted, 5 + penalty(finished->best.settings), 0,
                     0);
        assert_true(finished->finishing_evaluations >= 8);
        flx_tuned_destroy(finished);
        flx_tuned_destroy(plain);
    }
    assert_true(had_worse > 0);
}

static void the_default_is_a_candidate(void)
{
    model_calls context = {1, 0, 0, 0, 2, false};
    flx_tuned *tuned = NULL;
    flx_error error = {0};
    const char *names[] = {"random", "de", "lshade"};
    for (int k = 0; k < 3; k++) {
        assert_int(tune(&context, names[k], 1, 3, NULL, &tuned, &error), FLX_OK);
        assert_close(tuned->best.predicted, tuned->baseline.predicted, 1e-9, 0);
        assert_int(tuned->n_top, 1);
        flx_tuned_destroy(tuned);
    }
}

static void a_fixed_knob_stays_where_it_is(void)
{
    model_calls context = {1, 0, 0, 0, 2, false};
    flx_tuned *tuned = NULL;
    flx_error error = {0};
    assert_int(tune(&context, "de", 10000, 4, "front:threads=34", &tuned, &error),
               FLX_OK);
    assert_close(tuned->best.settings[1], 34, 0, 0);
    assert_close(tuned->best.settings[0], 12.5, 0, 1e-3);
    assert_close(tuned->best.predicted, 1, 0, 1e-6);
    assert_close(tuned->baseline.settings[1], 34, 0, 0);
    for (int i = 0; i < tuned->n_top; i++)
        assert_close(tuned->top[i].settings[1], 34, 0, 0);
    flx_tuned_destroy(tuned);
}

static void the_list_starts_with_the_best_and_holds_others(void)
{
    model_calls context = {-1, 0, 0, 0, 2, false};
    flx_tuned *tuned = NULL;
    flx_error error = {0};
    assert_int(tune(&context, "lshade", 10000, 6, NULL, &tuned, &error), FLX_OK);
    assert_int(tuned->n_top, 6);
    assert_int(memcmp(tuned->top[0].settings, tuned->best.settings, 4 * sizeof(double)),
               0);
    for (int i = 0; i < 6; i++) {
        assert_close(tuned->top[i].predicted, -penalty(tuned->top[i].settings), 1e-9,
                     1e-9);
        if (i > 0)
            assert_true(tuned->top[i - 1].predicted >= tuned->top[i].predicted);
    }
    assert_true(fabs(tuned->top[1].settings[3] - tuned->top[0].settings[3]) > 0.01 ||
                tuned->top[1].settings[2] != tuned->top[0].settings[2]);
    flx_tuned_destroy(tuned);
}

static void the_same_seed_gives_the_same_settings(void)
{
    model_calls context = {1, 0, 0, 0, 2, false};
    flx_tuned *a = NULL, *b = NULL;
    flx_error error = {0};
    assert_int(tune(&context, "lshade", 3000, 3, NULL, &a, &error), FLX_OK);
    assert_int(tune(&context, "lshade", 3000, 3, NULL, &b, &error), FLX_OK);
    assert_int(memcmp(a->best.settings, b->best.settings, 4 * sizeof(double)), 0);
    assert_int(a->n_top, b->n_top);
    for (int i = 0; i < a->n_top; i++)
        assert_int(memcmp(a->top[i].settings, b->top[i].settings, 4 * sizeof(double)), 0);
    flx_tuned_destroy(b);
    flx_tuned_destroy(a);
}

static void failures_are_passed_on(void)
{
    model_calls broken = {1, 0, 1, 0, 2, false}, blind = {1, NAN, 0, 0, 2, false},
                fine = {1, 0, 0, 0, 2, false};
    flx_tuned *tuned = NULL;
    flx_error error = {0};
    assert_int(tune(&broken, "de", 1000, 0, NULL, &tuned, &error), FLX_DEVICE_FAILED);
    assert_text(error.message, "the model broke");
    assert_int(tune(&blind, "de", 1000, 0, NULL, &tuned, &error), FLX_NUMERIC);
    assert_contains(error.message, "none of 1000");
    assert_int(tune(&fine, "magic", 1000, 0, NULL, &tuned, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "\"magic\"");
    assert_true(tuned == NULL);
}

static void nothing_to_tune_is_an_error(void)
{
    flx_deployment *deployment = NULL;
    flx_search_space *space = NULL;
    flx_error error = {0};
    model_calls context = {1, 0, 0, 0, 2, false};
    flx_deployment_parse(deployment_text, "test", &deployment, &error);
    flx_search_space_create(deployment, &space, &error);
    for (int k = 0; k < 4; k++)
        flx_search_space_drop(space, k);
    flx_tuning tuning = {
        .space = space, .predict = predict, .context = &context, .optimizer = "de"};
    flx_tuned *tuned = NULL;
    assert_int(flx_tune(&tuning, &tuned, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "nothing to tune: each of the 4 knobs");
    assert_true(tuned == NULL);
    flx_search_space_destroy(space);
    flx_deployment_destroy(deployment);
}

CU_TestInfo tuning_tests[] = {
    {"finds the lowest and for a goal of max the highest",
     finds_the_lowest_and_for_a_goal_of_max_the_highest},
    {"every change has its cost and idle knobs go back",
     every_change_has_its_cost_and_idle_knobs_go_back},
    {"finishing never leaves a knob worse than its default",
     finishing_never_leaves_a_knob_worse_than_its_default},
    {"the default is a candidate", the_default_is_a_candidate},
    {"a fixed knob stays where it is", a_fixed_knob_stays_where_it_is},
    {"the list starts with the best and holds others",
     the_list_starts_with_the_best_and_holds_others},
    {"the same seed gives the same settings", the_same_seed_gives_the_same_settings},
    {"failures are passed on", failures_are_passed_on},
    {"nothing to tune is an error", nothing_to_tune_is_an_error},
    CU_TEST_INFO_NULL,
};
