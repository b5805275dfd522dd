/* SPDX-License-Identifier: MIT
 * Errors of vertices against predictions asked by hand, and the search for the vertex at
 * fault on errors and correlations worked out by hand. */
#include "host/evaluation/fault_localization.h"

#include "tests/close.h"
#include "tests/host/graph/deployments.h"
#include "tests/host/graph/graphs.h"
#include "tests/host/training/two_services.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, WEB = 0, LEFT, RIGHT, STORE, SERVICES };

/* web calls left and right, both call store. */
typedef struct {
    flx_deployment *deployment;
    flx_graph *graph;
    int at[SERVICES]; /* vertices */
    double error[SERVICES * ROWS];
    int counted[SERVICES];
    flx_test_errors errors;
    bool is_excluded[SERVICES]; /* assignments */
    double min_correlation;
} diamond;

static void begin(diamond *d)
{
    static const service_words words[] = {{"web", 1, 0, "", "left right", NULL},
                                          {"left", 1, 0, "", "store", NULL},
                                          {"right", 1, 0, "", "store", NULL},
                                          {"store", 1, 0, "", "", NULL}};
    static const char *const names[] = {"web:p90", "left:p90", "right:p90", "store:p90"};
    flx_error error = {0};
    memset(d, 0, sizeof *d);
    d->deployment = make_deployment("diamond", words, SERVICES, "p90", "p90");
    assert_int(flx_graph_build(d->deployment, NULL, 0, false, &d->graph, &error), FLX_OK);
    assert_int(d->graph->n_vertices, SERVICES);
    assert_int(d->graph->n_edges, 4);
    for (int i = 0; i < SERVICES; i++)
        d->at[i] = find_vertex(d->graph, names[i]);
    for (int i = 0; i < SERVICES; i++)
        d->counted[i] = ROWS;
    d->errors = (flx_test_errors){
        .n_vertices = SERVICES, .rows = ROWS, .error = d->error, .counted = d->counted};
}

static void finish(diamond *d)
{
    flx_graph_destroy(d->graph);
    flx_deployment_destroy(d->deployment);
}

static void set(diamond *d, int service, double a, double b, double c, double e)
{
    double *row = d->error + d->at[service] * ROWS;
    row[0] = a, row[1] = b, row[2] = c, row[3] = e;
}

static void exonerate(diamond *d, int service)
{
    d->is_excluded[d->graph->vertices[d->at[service]].assignment] = true;
}

static flx_fault_path *debug(const diamond *d)
{
    flx_fault_path *fault = NULL;
    flx_error error = {0};
    flx_fault_search_rule rule = {d->min_correlation, d->is_excluded};
    assert_int(flx_fault_localize(d->graph, &d->errors, &rule, &fault, &error), FLX_OK);
    return fault;
}

static double correlation(const diamond *d, const flx_fault_path *fault, int parent,
                          int child)
{
    for (int e = 0; e < d->graph->n_edges; e++)
        if (d->graph->edges[e][0] == d->at[parent] &&
            d->graph->edges[e][1] == d->at[child])
            return fault->r[e];
    return NAN;
}

/* The path, named by the first letters of its services, is `path`. */
static void check_path(const diamond *d, const char *path)
{
    char found[SERVICES + 1] = "";
    flx_fault_path *fault = debug(d);
    for (int i = 0; i < fault->n_path; i++)
        found[i] = d->graph->vertices[fault->path[i]].name[0];
    assert_text(found, path);
    if (fault->n_path > 0)
        assert_int(fault->vertex, fault->path[fault->n_path - 1]);
    else
        assert_int(fault->vertex, -1);
    flx_fault_path_destroy(fault);
}

/* Deviations of web: -1.5 -0.5 0.5 1.5, their squares sum to 5. */
static void fill(diamond *d)
{
    set(d, WEB, 1, 2, 3, 4);
    set(d, LEFT, 2, 4, 6, 8);
    set(d, RIGHT, 4, 3, 2, 1);
    set(d, STORE, 1, 3, 2, 4);
}

static void correlations_are_those_of_the_errors(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    flx_fault_path *fault = debug(&d);
    assert_int(fault->n_edges, 4);
    assert_close(correlation(&d, fault, LEFT, WEB), 1.0, 1e-15, 0);
    assert_close(correlation(&d, fault, RIGHT, WEB), -1.0, 1e-15, 0);
    /* (2.25 - 0.25 - 0.25 + 2.25) / 5 */
    assert_close(correlation(&d, fault, STORE, LEFT), 0.8, 1e-15, 0);
    assert_close(correlation(&d, fault, STORE, RIGHT), -0.8, 1e-15, 0);
    flx_fault_path_destroy(fault);
    finish(&d);
}

static void the_search_goes_to_the_top_ranked_parent(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    check_path(&d, "wls");
    /* store no longer errs as left does: (-1, 3, -3, 1): 0 with left's deviations. */
    set(&d, STORE, 2, 6, 0, 4);
    check_path(&d, "wl");
    set(&d, RIGHT, 10, 20, 30, 41); /* r a little below 1 */
    check_path(&d, "wl");
    set(&d, LEFT, 10, 20, 30, 41);
    set(&d, RIGHT, 2, 4, 6, 8);
    check_path(&d, "wr");
    finish(&d);
}

static void only_a_positive_correlation_is_followed(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    set(&d, LEFT, 4, 3, 2, 1);
    check_path(&d, "w");
    set(&d, LEFT, 1, 3, 0, 2); /* (-0.5, 1.5, -1.5, 0.5): 0.75 - 0.75 - 0.75 + 0.75 */
    check_path(&d, "w");
    finish(&d);
}

static void a_constant_error_correlates_with_nothing(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    set(&d, LEFT, 0.1, 0.1, 0.1, 0.1);
    flx_fault_path *fault = debug(&d);
    assert_close(correlation(&d, fault, LEFT, WEB), 0, 0, 0);
    assert_close(correlation(&d, fault, STORE, LEFT), 0, 0, 0);
    flx_fault_path_destroy(fault);
    check_path(&d, "w");
    finish(&d);
}

static void of_equal_parents_the_first_in_the_graph_is_followed(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    set(&d, RIGHT, 2, 4, 6, 8);
    check_path(&d, d.at[LEFT] < d.at[RIGHT] ? "wls" : "wrs");
    /* Whatever the order of the edges. */
    for (int e = 0; e < 2; e++) {
        int other[2] = {d.graph->edges[3 - e][0], d.graph->edges[3 - e][1]};
        memcpy(d.graph->edges[3 - e], d.graph->edges[e], sizeof other);
        memcpy(d.graph->edges[e], other, sizeof other);
    }
    check_path(&d, d.at[LEFT] < d.at[RIGHT] ? "wls" : "wrs");
    finish(&d);
}

static void missing_rows_leave_the_pairs_that_both_have(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    set(&d, LEFT, 8, 1, NAN, 2); /* with web's 1, 2, 4: falls */
    check_path(&d, "w");
    set(&d, LEFT, NAN, 1, NAN, 2); /* with web's 2, 4: rises */
    set(&d, STORE, NAN, NAN, 1, 1);
    flx_fault_path *fault = debug(&d);
    assert_close(correlation(&d, fault, LEFT, WEB), 1.0, 1e-15, 0);
    assert_close(correlation(&d, fault, STORE, LEFT), 0, 0, 0); /* one pair */
    flx_fault_path_destroy(fault);
    check_path(&d, "wl");
    set(&d, LEFT, NAN, NAN, NAN, NAN);
    check_path(&d, "w");
    set(&d, LEFT, INFINITY, 1, 2, 3); /* no number of a correlation */
    check_path(&d, "w");
    finish(&d);
}

static void the_search_turns_back_from_who_is_excluded(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    set(&d, RIGHT, 1, 2, 3, 5); /* follows web, less than left does */
    exonerate(&d, STORE);
    check_path(&d, "wl");
    exonerate(&d, LEFT);
    check_path(&d, "wr");
    exonerate(&d, RIGHT);
    check_path(&d, "w");
    exonerate(&d, WEB);
    check_path(&d, "");
    finish(&d);
}

static void who_is_excluded_is_still_passed(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    exonerate(&d, WEB);
    exonerate(&d, LEFT);
    check_path(&d, "wls");
    finish(&d);
}

static void chance_correlations_can_be_left_out(void)
{
    diamond d;
    begin(&d);
    fill(&d);
    d.min_correlation = 0.75;
    check_path(&d, "wls"); /* store follows left with 0.8 */
    d.min_correlation = 0.85;
    check_path(&d, "wl");
    d.min_correlation = 1.0;
    check_path(&d, "w");
    finish(&d);
}

/* A model of two services, and a table whose errors are known. */
typedef struct {
    flx_backend *backend;
    flx_model *model;
    flx_dataset *table;
    double composed[2 * ROWS], measured[2 * ROWS];
} bench;

static void ask(bench *b)
{
    flx_inference *inference = NULL;
    flx_error error = {0};
    assert_int(flx_inference_create(flx_model_graph(b->model), b->backend, b->table,
                                    &inference, &error),
               FLX_OK);
    assert_int(flx_inference_vertices(inference, FLX_FROM_PREDICTIONS, b->composed, NULL,
                                      &error),
               FLX_OK);
    assert_int(flx_inference_vertices(inference, FLX_FROM_MEASUREMENTS, b->measured, NULL,
                                      &error),
               FLX_OK);
    flx_inference_destroy(inference);
}

static bench set_up(void)
{
    bench b = {.backend = two_services_backend(1)};
    flx_dataset *rows = two_services_rows(40, 1, 1);
    b.table = two_services_rows(ROWS, 1, 2);
    b.model = two_services_train(
        1, "none", rows, (flx_training_options){.prior = FLX_PRIOR_DENSITY}, b.backend);
    flx_dataset_destroy(rows);
    ask(&b);
    return b;
}

static void tear_down(bench *b)
{
    flx_dataset_destroy(b->table);
    flx_model_destroy(b->model);
    flx_backend_close(b->backend);
}

static flx_test_errors *compute(const bench *b)
{
    flx_test_errors *errors = NULL;
    flx_error error = {0};
    assert_int(flx_vertex_errors_compute(b->model, b->backend, b->table, &errors, &error),
               FLX_OK);
    assert_text(error.message, "");
    return errors;
}

/* Vertex 0 is db:p90, vertex 1 web:p90. */
static void test_errors_are_those_of_composed_predictions(void)
{
    bench b = set_up();
    static const double off[ROWS] = {1, 0.5, 3, 2};
    for (int r = 0; r < ROWS; r++) {
        *two_services_cell(b.table, r, "db:p90") = b.composed[r] - off[r];
        *two_services_cell(b.table, r, "web:p90") = b.composed[ROWS + r] + 2 * off[r];
    }
    *two_services_cell(b.table, 1, "web:p90") = NAN;
    ask(&b); /* db's measured metric is another one now */
    flx_test_errors *errors = compute(&b);
    assert_int(errors->counted[0], 4);
    assert_int(errors->counted[1], 3);
    assert_close(errors->mae[0], 1.625, 1e-12, 0);
    assert_close(errors->mae[1], 4.0, 1e-12, 0);
    assert_close(errors->mae_measured[0], 1.625, 1e-12, 0); /* it has no parents */
    double sum = 0;
    for (int r = 0; r < ROWS; r++) {
        assert_close(errors->error[r], off[r], 1e-12, 0);
        assert_close(errors->error[ROWS + r], r == 1 ? NAN : 2 * off[r], 1e-12, 0);
        sum +=
            r == 1
                ? 0
                : fabs(b.measured[ROWS + r] - *two_services_cell(b.table, r, "web:p90"));
    }
    assert_close(errors->mae_measured[1], sum / 3, 1e-12, 0);
    assert_true(fabs(errors->mae_measured[1] - errors->mae[1]) > 0.1);
    flx_test_errors_destroy(errors);
    tear_down(&b);
}

static int found(const bench *b)
{
    flx_test_errors *errors = compute(b);
    flx_fault_path *fault = NULL;
    flx_error error = {0};
    assert_int(flx_fault_localize(b->model->graph, errors, NULL, &fault, &error), FLX_OK);
    int vertex = fault->vertex;
    flx_fault_path_destroy(fault);
    flx_test_errors_destroy(errors);
    return vertex;
}

static void the_service_that_changed_is_found(void)
{
    bench b = set_up();
    static const double slower[ROWS] = {0, 5, 1, 3};
    /* The database predictions later and the web server with it. */
    for (int r = 0; r < ROWS; r++) {
        *two_services_cell(b.table, r, "db:p90") += slower[r];
        *two_services_cell(b.table, r, "web:p90") += 1.5 * slower[r];
    }
    assert_int(found(&b), 0);
    /* The web server alone does: the database is predicted without an error. */
    for (int r = 0; r < ROWS; r++)
        *two_services_cell(b.table, r, "db:p90") = b.composed[r];
    assert_int(found(&b), 1);
    tear_down(&b);
}

static void a_vertex_without_a_column_has_no_error(void)
{
    bench b = set_up();
    two_services_fill(b.table, "db:p90", NAN);
    flx_test_errors *errors = compute(&b);
    assert_int(errors->counted[0], 0);
    assert_close(errors->mae[0], NAN, 0, 0);
    assert_close(errors->mae_measured[0], NAN, 0, 0);
    flx_test_errors_destroy(errors);
    assert_int(found(&b), 1);
    /* Nor has one whose column is not there at all. */
    flx_column *column = &b.table->columns[flx_dataset_find(b.table, "db:p90")];
    free(column->name);
    column->name = strdup("other:p90");
    errors = compute(&b);
    assert_int(errors->counted[0], 0);
    flx_test_errors_destroy(errors);
    tear_down(&b);
}

static void a_table_without_the_target_is_refused(void)
{
    bench b = set_up();
    flx_error error = {0};
    flx_fault_path *fault = NULL;
    two_services_fill(b.table, "web:p90", NAN);
    flx_test_errors *errors = compute(&b);
    assert_int(errors->counted[0], ROWS);
    assert_int(flx_fault_localize(b.model->graph, errors, NULL, &fault, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "web:p90 in any of its 4 rows");
    assert_true(fault == NULL);
    flx_test_errors_destroy(errors);
    tear_down(&b);
}

CU_TestInfo fault_localization_tests[] = {
    {"correlations are those of the errors", correlations_are_those_of_the_errors},
    {"the search goes to the top-ranked parent",
     the_search_goes_to_the_top_ranked_parent},
    {"only a positive correlation is followed", only_a_positive_correlation_is_followed},
    {"a constant error correlates with nothing",
     a_constant_error_correlates_with_nothing},
    {"of equal parents the first in the graph is followed",
     of_equal_parents_the_first_in_the_graph_is_followed},
    {"missing rows leave the pairs that both have",
     missing_rows_leave_the_pairs_that_both_have},
    {"the search turns back from who is excluded",
     the_search_turns_back_from_who_is_excluded},
    {"who is excluded is still passed", who_is_excluded_is_still_passed},
    {"chance correlations can be left out", chance_correlations_can_be_left_out},
    {"test errors are those of composed predictions",
     test_errors_are_those_of_composed_predictions},
    {"the service that changed is found", the_service_that_changed_is_found},
    {"a vertex without a column has no error", a_vertex_without_a_column_has_no_error},
    {"a table without the target is refused", a_table_without_the_target_is_refused},
    CU_TEST_INFO_NULL,
};
