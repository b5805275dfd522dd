/* SPDX-License-Identifier: MIT
 * Graphs made by hand: a device predicts what plain loops do. On cpu, which keeps no
 * graphs, the loops are compared with numbers worked by hand. */
#include "tests/kernels/graph_by_hand.h"
#include "tests/kernels/graph_reference.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>

enum { CANDIDATES = 70 };

/* Three members of the inputs that the graph's models have, with a covariance function
 * each; two of more than a tile. */
static flx_gp_posterior *condition(flx_backend *backend)
{
    static const int n[GRAPH_MEMBERS] = {33, 8, 40}, d[GRAPH_MEMBERS] = {3, 2, 3};
    flx_sample samples[GRAPH_MEMBERS];
    flx_gp_condition members[GRAPH_MEMBERS];
    flx_gp_posterior *posterior = NULL;
    flx_error error = {0};
    for (int i = 0; i < GRAPH_MEMBERS; i++) {
        samples[i] = make_sample(n[i], d[i], false, FLX_SAMPLE_PLAIN);
        samples[i].problem.covariance = (flx_covariance)(i % FLX_COVARIANCES);
        members[i] =
            (flx_gp_condition){.problem = samples[i].problem, .theta = samples[i].theta};
    }
    assert_int(backend->operations->condition(backend, members, GRAPH_MEMBERS, &posterior,
                                              &error),
               FLX_OK);
    for (int i = 0; i < GRAPH_MEMBERS; i++)
        flx_sample_clear(&samples[i]);
    return posterior;
}

/* Columns of random candidates; every ninth has a cell missing. */
static void fill_settings(double settings[CANDIDATES * GRAPH_COLUMNS])
{
    for (int i = 0; i < CANDIDATES; i++) {
        double dimensions[4];
        for (int g = 0; g < 4; g++)
            dimensions[g] = flx_uniform(5, 6, (uint32_t)i, 0, (uint32_t)g);
        graph_reference_columns(&graph_by_hand, dimensions, settings + i * GRAPH_COLUMNS);
        if (i % 9 == 4)
            settings[i * GRAPH_COLUMNS + i / 9 % GRAPH_COLUMNS] = NAN;
    }
}

static void devices_predict_what_plain_loops_do(flx_backend *backend)
{
    double settings[CANDIDATES * GRAPH_COLUMNS], expected[CANDIDATES], mean[CANDIDATES];
    flx_resident_graph *graph = NULL;
    flx_error error = {0};
    flx_gp_posterior *posterior = condition(backend);
    fill_settings(settings);
    graph_reference(&graph_by_hand, backend, posterior, settings, CANDIDATES, expected);
    if (backend->operations->graph_create) {
        assert_int(backend->operations->graph_create(backend, posterior, &graph_by_hand,
                                                     &graph, &error),
                   FLX_OK);
        assert_text(error.message, "");
        for (int count = CANDIDATES; count > 0 && graph; count -= 33) {
            assert_int(
                backend->operations->graph_predict(graph, settings, count, mean, &error),
                FLX_OK);
            for (int i = 0; i < count; i++)
                assert_close(mean[i], expected[i], 1e-12, 0);
        }
        backend->operations->graph_release(graph);
    }
    backend->operations->posterior_release(posterior);
}

static void every_device_predicts_what_plain_loops_do(void)
{
    with_every_backend(devices_predict_what_plain_loops_do);
}

/* Without Gaussian processes: numbers by hand. */
static double predict_with(flx_backend *backend, const flx_device_graph *small,
                           const double *settings)
{
    double mean = NAN, device = NAN;
    flx_error error = {0};
    flx_resident_graph *graph = NULL;
    flx_gp_posterior *posterior = condition(backend);
    graph_reference(small, backend, posterior, settings, 1, &mean);
    if (backend->operations->graph_create) {
        assert_int(
            backend->operations->graph_create(backend, posterior, small, &graph, &error),
            FLX_OK);
        assert_int(
            backend->operations->graph_predict(graph, settings, 1, &device, &error),
            FLX_OK);
        backend->operations->graph_release(graph);
        assert_close(device, mean, 1e-14, 0);
    }
    backend->operations->posterior_release(posterior);
    return mean;
}

/* A graph of one vertex and one of its models. */
static flx_device_graph alone(const flx_device_graph_vertex *vertex)
{
    static const int one_level[] = {0, 1};
    static const flx_device_graph_target target = {0, 1, 1};
    flx_device_graph small = graph_by_hand;
    small.n_vertices = small.n_levels = small.n_targets = 1;
    small.n_ranges = 0;
    small.vertices = vertex;
    small.level_start = one_level;
    small.targets = &target;
    small.is_ensemble = false;
    return small;
}

static void check_values_by_hand(flx_backend *backend)
{
    const double settings[GRAPH_COLUMNS] = {5, 20, 4, 2, 7, NAN, 30, 10};
    const flx_device_graph_vertex constant = {0, 0, 1, 1}, plane = {0, 2, 3, 1},
                                  unknown = {6, 2, 4, 1}, trees = {0, 3, 8, 1};
    flx_device_graph small = alone(&constant);
    assert_close(predict_with(backend, &small, settings), exp(2.5), 1e-14, 0);
    /* x = 5 / 10, 0.3 (log 20 - 1): 10 + 5 (1 + 2 * 0.5 - 3 * 0.3 (log 20 - 1)); then
     * kept within 9 and 16. */
    small = alone(&plane);
    assert_close(predict_with(backend, &small, settings), 20 - 4.5 * (log(20) - 1), 1e-14,
                 0);
    assert_close(predict_with(backend, &small, (double[]){5, 90, 0, 0, 0, 0, 0, 0}), 9,
                 1e-14, 0);
    assert_close(predict_with(backend, &small, (double[]){10, 1, 0, 0, 0, 0, 0, 0}), 16,
                 1e-14, 0);
    small = alone(&unknown);
    assert_true(isnan(predict_with(backend, &small, settings)));
    /* Features (5 / 30, 20 / 30, missing: (3 - 3) / 4 = 0): leaves -0.5, 0.1, 0.4. */
    small = alone(&trees);
    double sum = (double)(0.125f - 0.5f + 0.1f + 0.4f);
    assert_close(predict_with(backend, &small, settings), exp(3 + 0.4 * sum), 1e-7, 0);
    /* Metrics of columns 0 and 1, rates 30 and half of 10: (30 * 5 + 5 * 20) / 35. */
    const flx_device_graph_input own[] = {
        {-1, 0, 1}, {-1, 1, 1}, {-1, 6, 1}, {-1, 7, 0.5}};
    const flx_device_graph_vertex service = {0, 4, 5, 1};
    small = alone(&service);
    small.inputs = own;
    small.n_inputs = 4;
    assert_close(predict_with(backend, &small, settings), 250.0 / 35, 1e-14, 0);
    /* Equal weights where a rate is not above 0; of one instance where the other's metric
     * is missing. */
    assert_close(predict_with(backend, &small, (double[]){5, 20, 0, 0, 0, 0, 30, 0}),
                 12.5, 1e-14, 0);
    assert_close(predict_with(backend, &small, (double[]){5, NAN, 0, 0, 0, 0, 30, 0}), 5,
                 1e-14, 0);
}

static void values_are_those_worked_by_hand(void)
{
    with_every_backend(check_values_by_hand);
}

/* Far from the ranges of columns 0 and 1 the other weights count; targets are kept within
 * 5 and 50. */
static void check_blends(flx_backend *backend)
{
    static const flx_device_graph_vertex two[] = {{0, 0, 1, 1}, {0, 2, 3, 1}};
    static const int one_level[] = {0, 2};
    static const flx_device_graph_target both[] = {{0, 0.7, 0.4}, {1, 0.3, 0.6}};
    flx_device_graph small = graph_by_hand;
    small.n_vertices = 2;
    small.n_levels = 1;
    small.vertices = two;
    small.level_start = one_level;
    small.targets = both;
    double constant = exp(2.5), near[GRAPH_COLUMNS] = {9, 1, 3, 1, 7, 1, 30, 10};
    assert_close(predict_with(backend, &small, near), 0.7 * constant + 0.3 * 16, 1e-14,
                 0);
    near[0] = 9.5;
    assert_close(predict_with(backend, &small, near), 0.4 * constant + 0.6 * 16, 1e-14,
                 0);
    near[0] = NAN; /* inside: 10 + 5 (1 + 2 * 0 + 0.9), above 16 */
    assert_close(predict_with(backend, &small, near), 0.7 * constant + 0.3 * 16, 1e-14,
                 0);
    small.low = 14;
    near[0] = 9;
    assert_close(predict_with(backend, &small, near), 0.7 * 14 + 0.3 * 16, 1e-14, 0);
    small.low = 5;
    small.high = 10;
    assert_close(predict_with(backend, &small, near), 10, 1e-14, 0);
}

static void candidates_outside_the_ranges_have_other_weights(void)
{
    with_every_backend(check_blends);
}

static void genes_become_settings(void)
{
    const double half[] = {0.5, 0.5, 0.5, 0.5}, out[] = {1.5, -1, 1, 0.99};
    double settings[GRAPH_COLUMNS];
    graph_reference_columns(&graph_by_hand, half, settings);
    assert_close(settings[0], 6, 1e-15, 0);
    assert_close(settings[1], 10, 1e-14, 0);
    /* Integers 3 to 7 on a logarithmic scale: 3 sqrt(8 / 3) = 4.9. */
    assert_close(settings[2], 4, 0, 0);
    assert_close(settings[3], 4, 0, 0);
    assert_close(settings[4], 7, 0, 0);
    assert_true(isnan(settings[5]));
    graph_reference_columns(&graph_by_hand, out, settings);
    assert_close(settings[0], 10, 0, 0);
    assert_close(settings[1], 1, 0, 0);
    assert_close(settings[2], 7, 0, 0);
    assert_close(settings[3], 8, 0, 0);
}

/* A member that failed, and one of other inputs. */
static void check_members(flx_backend *backend)
{
    flx_sample sample = make_sample(8, 2, false, FLX_SAMPLE_PLAIN);
    flx_gp_condition members[2] = {{.problem = sample.problem, .theta = sample.theta}};
    double wrong[] = {0, 0, 0, NAN};
    flx_gp_posterior *posterior = NULL;
    flx_resident_graph *graph = NULL;
    flx_error error = {0};
    const flx_device_graph_vertex instance = {0, 3, 0, 1}, both = {0, 2, 2, 1};
    members[1] = members[0];
    members[1].theta = wrong;
    if (backend->operations->graph_create) {
        assert_int(
            backend->operations->condition(backend, members, 2, &posterior, &error),
            FLX_OK);
        flx_device_graph small = alone(&instance);
        small.n_models = 1;
        assert_int(
            backend->operations->graph_create(backend, posterior, &small, &graph, &error),
            FLX_BAD_INPUT);
        assert_contains(error.message, "has 3 features, member 0 has 2");
        assert_true(graph == NULL);
        small = alone(&both);
        small.n_models = 1;
        small.models = graph_by_hand.models + 2;
        small.vertices = &(flx_device_graph_vertex){0, 2, 0, 1};
        assert_int(
            backend->operations->graph_create(backend, posterior, &small, &graph, &error),
            FLX_BAD_INPUT);
        assert_contains(error.message, "is member 1, which failed");
        small.n_vertices = 0;
        assert_int(
            backend->operations->graph_create(backend, posterior, &small, &graph, &error),
            FLX_BAD_INPUT);
        backend->operations->posterior_release(posterior);
    }
    flx_sample_clear(&sample);
}

static void members_that_do_not_fit_are_refused(void)
{
    with_every_backend(check_members);
}

CU_TestInfo device_graph_tests[] = {
    {"every device predicts what plain loops do",
     every_device_predicts_what_plain_loops_do},
    {"values are those worked by hand", values_are_those_worked_by_hand},
    {"candidates outside the ranges have other weights",
     candidates_outside_the_ranges_have_other_weights},
    {"dimensions become settings", genes_become_settings},
    {"members that do not fit are refused", members_that_do_not_fit_are_refused},
    CU_TEST_INFO_NULL,
};
