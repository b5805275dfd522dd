/* SPDX-License-Identifier: MIT
 * The loop of debugging and retraining: in which order, what is kept, and when it stops.
 * Assignment and vertex 0 are db:p90, 1 web:p90. */
#include "host/evaluation/debug_loop.h"

#include "host/evaluation/fault_localization.h"
#include "tests/close.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 30, DB = 0, WEB = 1 };

typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *test, *recent;
    int calls;
} bench;

/* The database predictions 5 ms and c * 10 ms later than when the model was trained. */
static void slow_down(flx_dataset *table)
{
    for (int r = 0; r < table->rows; r++) {
        double later = 5 + 10 * *two_services_cell(table, r, "db:c");
        *two_services_cell(table, r, "db:p90") += later;
        *two_services_cell(table, r, "web:p90") += 1.5 * later;
    }
}

static bench begin(int replicas)
{
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *rows = two_services_rows(40, replicas, 1);
    b.test = two_services_rows(ROWS, replicas, 2);
    b.recent = two_services_rows(ROWS, replicas, 3);
    b.model =
        two_services_train(replicas, "none", rows,
                           (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    flx_dataset_destroy(rows);
    return b;
}

static void finish(bench *b)
{
    flx_dataset_destroy(b->test);
    flx_dataset_destroy(b->recent);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

/* Stand-ins for retraining: one that changes nothing, one that fails, and the real one.
 */
static flx_status pretend(void *context, flx_model *model, int a, flx_retraining *out,
                          flx_error *error)
{
    (void)model, (void)a, (void)error;
    ((bench *)context)->calls++;
    *out = (flx_retraining){.mae_old = 1, .mae_new = 2};
    return FLX_OK;
}

static flx_status fail(void *context, flx_model *model, int a, flx_retraining *out,
                       flx_error *error)
{
    (void)context, (void)out;
    return flx_fail(error, FLX_NO_MEMORY, "no memory for %s",
                    model->graph->assignments[a].name);
}

static flx_status retrain(void *context, flx_model *model, int a, flx_retraining *out,
                          flx_error *error)
{
    const bench *b = context;
    return flx_retrain_assignment(model, b->backend, b->recent, a, out, error);
}

typedef flx_status (*retraining_function)(void *, flx_model *, int, flx_retraining *,
                                          flx_error *);

static flx_debug_trace *debug(bench *b, retraining_function function,
                              flx_debug_options options)
{
    flx_debug_trace *trace = NULL;
    flx_error error = {0};
    flx_retrainer retrainer = {function, b};
    assert_int(flx_debug_graph(b->model, b->backend, b->test, &retrainer, &options, NULL,
                               &trace, &error),
               FLX_OK);
    assert_text(error.message, "");
    return trace;
}

static double graph_mae(const bench *b)
{
    flx_test_errors *errors = NULL;
    flx_error error = {0};
    assert_int(flx_vertex_errors_compute(b->model, b->backend, b->test, &errors, &error),
               FLX_OK);
    double mae = errors->mae[b->model->graph->output];
    flx_test_errors_destroy(errors);
    return mae;
}

static void an_assignment_is_retrained_once(void)
{
    bench b = begin(1);
    slow_down(b.test);
    double before = graph_mae(&b);
    flx_debug_trace *trace =
        debug(&b, pretend, (flx_debug_options){.order = FLX_ORDER_DEBUG, .budget = 9});
    assert_int(trace->n_steps, 2); /* all there are, though the budget is 9 */
    assert_int(b.calls, 2);
    assert_int(trace->steps[0].vertex, DB);
    assert_int(trace->steps[1].vertex, WEB);
    assert_close(trace->graph_mae, before, 0, 0);
    for (int i = 0; i < 2; i++) {
        assert_int(trace->steps[i].assignment, trace->steps[i].vertex);
        assert_close(trace->steps[i].retraining.mae_new, 2, 0, 0);
        assert_close(trace->steps[i].graph_mae, before, 0, 0); /* nothing was replaced */
    }
    flx_debug_trace_destroy(trace);
    finish(&b);
}

static void the_budget_ends_the_loop(void)
{
    bench b = begin(1);
    slow_down(b.test);
    flx_debug_trace *trace =
        debug(&b, pretend, (flx_debug_options){.order = FLX_ORDER_DEBUG, .budget = 1});
    assert_int(trace->n_steps, 1);
    assert_int(trace->steps[0].vertex, DB);
    flx_debug_trace_destroy(trace);
    /* No correlation is above 1: the output itself, and then there is nothing left. */
    trace = debug(
        &b, pretend,
        (flx_debug_options){.order = FLX_ORDER_DEBUG, .budget = 2, .min_correlation = 1});
    assert_int(trace->n_steps, 1);
    assert_int(trace->steps[0].vertex, WEB);
    flx_debug_trace_destroy(trace);
    finish(&b);
}

static void retraining_what_is_found_mends_the_graph(void)
{
    bench b = begin(1);
    slow_down(b.test);
    slow_down(b.recent);
    double before = graph_mae(&b);
    flx_debug_trace *trace =
        debug(&b, retrain, (flx_debug_options){.order = FLX_ORDER_DEBUG, .budget = 1});
    const flx_debug_step *step = &trace->steps[0];
    assert_int(step->vertex, DB);
    assert_true(step->retraining.was_replaced);
    assert_close(step->retraining.mae_old, 10, 0.2, 0); /* 5 + 10 c, c about 1/2 */
    assert_true(step->retraining.mae_new < 0.1);
    assert_close(trace->graph_mae, before, 0, 0);
    assert_close(step->graph_mae, graph_mae(&b), 0, 0);
    /* web extrapolates: it has seen its database at 11 to 17 ms only. */
    assert_true(step->graph_mae < 0.8 * before);
    flx_debug_trace_destroy(trace);
    trace =
        debug(&b, retrain, (flx_debug_options){.order = FLX_ORDER_DEBUG, .budget = 2});
    assert_true(trace->steps[trace->n_steps - 1].graph_mae < 0.05 * before);
    flx_debug_trace_destroy(trace);
    finish(&b);
}

static void the_other_orders(void)
{
    bench b = begin(1);
    slow_down(b.test);
    flx_debug_trace *trace =
        debug(&b, pretend, (flx_debug_options){.order = FLX_ORDER_ERROR, .budget = 2});
    assert_int(trace->n_steps, 2);
    assert_int(trace->steps[0].vertex, WEB); /* errs half as much again as db */
    assert_int(trace->steps[1].vertex, DB);
    flx_debug_trace_destroy(trace);
    int first[2] = {0}, last = -1;
    for (uint64_t seed = 0; seed < 40; seed++) {
        flx_debug_options options = {
            .order = FLX_ORDER_RANDOM, .budget = 2, .seed = seed / 2};
        trace = debug(&b, pretend, options);
        assert_int(trace->n_steps, 2);
        assert_int(trace->steps[0].vertex + trace->steps[1].vertex, 1);
        if (seed % 2) /* the same seed, the same order */
            assert_int(trace->steps[0].vertex, last);
        last = trace->steps[0].vertex;
        first[last]++;
        flx_debug_trace_destroy(trace);
    }
    assert_true(first[DB] > 0 && first[WEB] > 0);
    assert_text(flx_debug_order_text(FLX_ORDER_DEBUG), "debug");
    assert_text(flx_debug_order_text(FLX_ORDER_ERROR), "error");
    assert_text(flx_debug_order_text(FLX_ORDER_RANDOM), "random");
    finish(&b);
}

static void check_refusal(bench *b, retraining_function function, int budget,
                          flx_status status, const char *part)
{
    flx_debug_trace *trace = NULL;
    flx_error error = {0};
    flx_retrainer retrainer = {function, b};
    flx_debug_options options = {.order = FLX_ORDER_RANDOM, .budget = budget};
    assert_int(flx_debug_graph(b->model, b->backend, b->test, &retrainer, &options, NULL,
                               &trace, &error),
               status);
    assert_contains(error.message, part);
    assert_true(trace == NULL);
}

static void what_cannot_be_done_is_refused(void)
{
    bench b = begin(1);
    check_refusal(&b, pretend, 0, FLX_BAD_INPUT, "a budget of 0");
    check_refusal(&b, fail, 1, FLX_NO_MEMORY, "no memory for");
    two_services_fill(b.test, "web:p90", NAN);
    check_refusal(&b, pretend, 1, FLX_BAD_INPUT, "web:p90 in any of its 30 rows");
    assert_int(b.calls, 0);
    finish(&b);
}

static flx_retraining retrain_one(bench *b, int a)
{
    flx_retraining retraining;
    flx_error error = {0};
    assert_int(retrain(b, b->model, a, &retraining, &error), FLX_OK);
    assert_text(error.message, "");
    return retraining;
}

static void the_better_model_is_kept(void)
{
    bench b = begin(1);
    /* Nothing changed, and seven rows say less than forty did. */
    b.recent->rows = 7;
    double before = graph_mae(&b);
    flx_retraining retraining = retrain_one(&b, DB);
    assert_true(!retraining.was_replaced);
    assert_true(retraining.mae_new >= retraining.mae_old);
    assert_text(retraining.why_not, "");
    assert_close(graph_mae(&b), before, 0, 0);
    finish(&b);
}

static void too_little_to_learn_from_leaves_the_model(void)
{
    bench b = begin(1);
    double before = graph_mae(&b);
    slow_down(b.recent);
    for (int r = 4; r < ROWS; r++)
        *two_services_cell(b.recent, r, "db:p90") = NAN;
    flx_retraining retraining = retrain_one(&b, DB);
    assert_true(!retraining.was_replaced);
    assert_contains(retraining.why_not, "in 4 of 30 recent rows");
    two_services_fill(b.recent, "db:p90", NAN);
    retraining = retrain_one(&b, DB);
    assert_contains(retraining.why_not, "in 0 of 30 recent rows");
    assert_close(retraining.mae_old, NAN, 0, 0);
    two_services_fill(b.recent, "db:p90", 50);
    retraining = retrain_one(&b, DB);
    assert_true(!retraining.was_replaced);
    assert_contains(retraining.why_not, "constant");
    assert_close(graph_mae(&b), before, 0, 0);
    finish(&b);
}

static void replicas_are_retrained_together(void)
{
    bench b = begin(2);
    slow_down(b.recent); /* what callers see; instances stay as they were */
    int instances = flx_graph_find_assignment(b.model->graph, "db:p90");
    int service = flx_graph_find_assignment(b.model->graph, "db:p90 over instances");
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < 2; i++)
            *two_services_cell(b.recent, r, i ? "db/1:p90" : "db/0:p90") +=
                5 + 10 * *two_services_cell(b.recent, r, "db:c");
    flx_retraining retraining = retrain_one(&b, instances);
    assert_true(retraining.was_replaced);
    assert_close(retraining.mae_old, 10, 0.2, 0);
    assert_true(retraining.mae_new < 0.2);
    /* The mean of the instances is their mean still. */
    retraining = retrain_one(&b, service);
    assert_true(retraining.mae_old < 0.5);
    /* And from four rows no rule is learned either. */
    b.recent->rows = 4;
    retraining = retrain_one(&b, service);
    assert_true(!retraining.was_replaced);
    assert_contains(retraining.why_not, "at least 5");
    b.recent->rows = ROWS;
    finish(&b);
}

CU_TestInfo debug_loop_tests[] = {
    {"an assignment is retrained once", an_assignment_is_retrained_once},
    {"the budget ends the loop", the_budget_ends_the_loop},
    {"retraining what is found mends the graph",
     retraining_what_is_found_mends_the_graph},
    {"the other orders", the_other_orders},
    {"what cannot be done is refused", what_cannot_be_done_is_refused},
    {"the better model is kept", the_better_model_is_kept},
    {"too little to learn from leaves the model",
     too_little_to_learn_from_leaves_the_model},
    {"replicas are retrained together", replicas_are_retrained_together},
    CU_TEST_INFO_NULL,
};
