/* SPDX-License-Identifier: MIT
 * Plans by hand: what is none is refused, and a device's answers are those of plain
 * loops. On cpu, which keeps no graphs, the loops are compared with numbers worked by
 * hand. */
#include "tests/kernels/plan_reference.h"

#include "kernels/formulas/philox.h"
#include "tests/close.h"
#include "tests/kernels/every_backend.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <string.h>

enum { CANDIDATES = 70, COLUMNS = 8, MEMBERS = 3 };

/* Features: as given, of a logarithm, missing or not. */
#define AS_GIVEN(input)                                                                  \
    {                                                                                    \
        input,                                                                           \
        {                                                                                \
            0, 0, -100, 100, 0, 1, 0.25                                                  \
        }                                                                                \
    }
#define SCALED(input, low, high)                                                         \
    {                                                                                    \
        input,                                                                           \
        {                                                                                \
            0, 0, low, high, low, 1.0 / ((high) - (low)), low                            \
        }                                                                                \
    }
#define LOG(input)                                                                       \
    {                                                                                    \
        input,                                                                           \
        {                                                                                \
            0, 1, 0, 4, 1, 0.3, 0.5                                                      \
        }                                                                                \
    }
#define IS_MISSING(input)                                                                \
    {                                                                                    \
        input,                                                                           \
        {                                                                                \
            1, 0, 0, 1, 0.1, 0.8, 0                                                      \
        }                                                                                \
    }

/* Knobs of every scale, then states: one held, one missing, rates of two instances. */
static const flx_plan_column columns[COLUMNS] = {
    {0, 0, {{FLX_GENE_CONTINUOUS, 1, 0}, 0, 2, 10, 0}, -1},
    {1, 0, {{FLX_GENE_CONTINUOUS, 1, 0}, 1, 1, 100, 4.605170185988092}, -1},
    {2, 0, {{FLX_GENE_LEVELS, 5, 3}, 0, 3, 7, 0}, -1},
    {3, 0, {{FLX_GENE_LEVELS, 4, 0}, 0, 1, 8, 0}, 0},
    {-1, 7, {{0}, 0, 0, 0, 0}, -1},
    {-1, NAN, {{0}, 0, 0, 0, 0}, -1},
    {-1, 30, {{0}, 0, 0, 0, 0}, -1},
    {-1, 10, {{0}, 0, 0, 0, 0}, -1},
};
static const double values[] = {1, 2, 4, 8};
static const flx_plan_input inputs[] = {
    /* 0: of an instance, and of the other one */
    {-1, 0, 1},
    {-1, 1, 1},
    {-1, 5, 1},
    {-1, 3, 0.5},
    {-1, 1, 1},
    {-1, 4, 1},
    /* 6: nothing that is known */
    {-1, -1, 1},
    {-1, 5, 1},
    /* 8: two instances and their rates; the same with one rate missing; three instances
     */
    {0, -1, 1},
    {1, -1, 1},
    {-1, 6, 1},
    {-1, 7, 0.5},
    {0, -1, 1},
    {1, -1, 1},
    {-1, 6, 1},
    {-1, 5, 1},
    {0, -1, 1},
    {4, -1, 1},
    {1, -1, 1},
    /* 19: of the last level */
    {5, -1, 1},
    {3, -1, 1},
    {-1, 2, 1},
    {6, -1, 1},
    {7, -1, 1},
    {-1, -1, 1},
};
static const flx_plan_feature features[] = {
    /* 0: of instances */
    SCALED(0, 0, 10),
    LOG(1),
    IS_MISSING(2),
    /* 3: of two kinds at once */
    SCALED(0, 0, 10),
    LOG(1),
    /* 5: of the last level */
    SCALED(0, 0, 30),
    SCALED(1, 0, 30),
    SCALED(2, 3, 7),
    AS_GIVEN(0),
    AS_GIVEN(1),
    AS_GIVEN(2),
};
static const double parameters[] = {/* 0: a plane */ 1,
                                    2,
                                    -3,
                                    /* 3: rules */ 0,
                                    1,
                                    0.5,
                                    0.9,
                                    /* 7: base */ 0.125,
                                    /* 8 */ 1,
                                    0.5,
                                    0.25,
                                    2};
static const int roots[] = {0, 3, 5};
static const flx_plan_node nodes[] = {
    {0, 0.5f, 1, 2, 2},  {-1, -0.5f, 0, 0, 0}, {-1, 0.75f, 0, 0, 0}, {2, 0.25f, 4, 5, 5},
    {-1, 0.1f, 0, 0, 0}, {1, 0.3f, 6, 7, 6},   {-1, -0.2f, 0, 0, 0}, {-1, 0.4f, 0, 0, 0},
};
static const flx_plan_model models[] = {
    {.kind = FLX_PLAN_GP,
     .weight = 1,
     .n_features = 3,
     .mean = 12,
     .sd = 4,
     .low = 0,
     .high = 15},
    {.kind = FLX_PLAN_CONSTANT,
     .weight = 1,
     .is_log = 1,
     .mean = 2.5,
     .low = 0,
     .high = 1e9},
    {.kind = FLX_PLAN_GP,
     .weight = 0.25,
     .member = 1,
     .first_feature = 3,
     .n_features = 2,
     .mean = 10,
     .sd = 3,
     .low = -1e9,
     .high = 1e9},
    {.kind = FLX_PLAN_LINEAR,
     .weight = 0.75,
     .first_feature = 3,
     .n_features = 2,
     .n_parameters = 3,
     .mean = 10,
     .sd = 5,
     .low = 9,
     .high = 16},
    {.kind = FLX_PLAN_RULE,
     .weight = 1,
     .first_parameter = 3,
     .n_parameters = 2,
     .n_metrics = 2},
    {.kind = FLX_PLAN_RULE,
     .weight = 1,
     .first_parameter = 3,
     .n_parameters = 2,
     .n_metrics = 2,
     .n_blocks = 1},
    {.kind = FLX_PLAN_RULE,
     .weight = 1,
     .first_parameter = 5,
     .n_parameters = 2,
     .n_metrics = 3},
    {.kind = FLX_PLAN_GP,
     .weight = 0.5,
     .member = 2,
     .first_feature = 5,
     .n_features = 3,
     .is_log = 1,
     .mean = 3,
     .sd = 0.4,
     .low = 0,
     .high = 60},
    {.kind = FLX_PLAN_TREES,
     .weight = 0.5,
     .first_feature = 5,
     .n_features = 3,
     .first_parameter = 7,
     .n_parameters = 1,
     .n_roots = 3,
     .n_nodes = 8,
     .is_log = 1,
     .mean = 3,
     .sd = 0.4,
     .low = 0,
     .high = 60},
    {.kind = FLX_PLAN_LINEAR,
     .weight = 1,
     .first_feature = 8,
     .n_features = 3,
     .first_parameter = 8,
     .n_parameters = 4,
     .mean = 0,
     .sd = 1,
     .low = 0,
     .high = 1e9},
};
static const flx_plan_vertex vertices[] = {
    /* level 0: two instances, a constant, two models at once, one that knows nothing */
    {0, 3, 0, 1},
    {3, 3, 0, 1},
    {0, 0, 1, 1},
    {0, 2, 2, 2},
    {6, 2, 4, 1},
    /* level 1: services */
    {8, 4, 5, 1},
    {12, 4, 5, 1},
    {16, 3, 6, 1},
    /* level 2 */
    {19, 3, 7, 2},
    {22, 3, 9, 1},
};
static const int level_start[] = {0, 5, 8, 10};
static const flx_plan_target targets[] = {{8, 0.7, 0.4}, {9, 0.3, 0.6}};
static const flx_plan_range ranges[] = {{0, 1, 1, 9}, {5, 1, 1, 2}, {1, 0.5, 0, 40}};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static const flx_inference_plan plan = {
    .n_genes = 4,
    .n_columns = COLUMNS,
    .n_values = COUNT(values),
    .n_inputs = COUNT(inputs),
    .n_vertices = COUNT(vertices),
    .n_levels = COUNT(level_start) - 1,
    .n_models = COUNT(models),
    .n_features = COUNT(features),
    .n_parameters = COUNT(parameters),
    .n_roots = COUNT(roots),
    .n_nodes = COUNT(nodes),
    .n_targets = COUNT(targets),
    .n_ranges = COUNT(ranges),
    .columns = columns,
    .values = values,
    .inputs = inputs,
    .vertices = vertices,
    .level_start = level_start,
    .models = models,
    .features = features,
    .parameters = parameters,
    .roots = roots,
    .nodes = nodes,
    .targets = targets,
    .ranges = ranges,
    .is_blended = true,
    .low = 5,
    .high = 50,
};

/* Three members of the inputs that the plan's models have; two of more than a tile. */
static flx_gp_posterior *condition(flx_backend *backend)
{
    static const int n[MEMBERS] = {33, 8, 40}, d[MEMBERS] = {3, 2, 3};
    flx_sample samples[MEMBERS];
    flx_gp_condition members[MEMBERS];
    flx_gp_posterior *posterior = NULL;
    flx_error error = {0};
    for (int i = 0; i < MEMBERS; i++) {
        samples[i] = make_sample(n[i], d[i], false, FLX_SAMPLE_PLAIN);
        members[i] =
            (flx_gp_condition){.problem = samples[i].problem, .theta = samples[i].theta};
    }
    assert_int(
        backend->operations->condition(backend, members, MEMBERS, &posterior, &error),
        FLX_OK);
    for (int i = 0; i < MEMBERS; i++)
        flx_sample_clear(&samples[i]);
    return posterior;
}

/* Columns of random candidates; every ninth has a cell missing. */
static void fill_settings(double settings[CANDIDATES * COLUMNS])
{
    for (int i = 0; i < CANDIDATES; i++) {
        double genes[4];
        for (int g = 0; g < 4; g++)
            genes[g] = flx_uniform(5, 6, (uint32_t)i, 0, (uint32_t)g);
        plan_reference_columns(&plan, genes, settings + i * COLUMNS);
        if (i % 9 == 4)
            settings[i * COLUMNS + i / 9 % COLUMNS] = NAN;
    }
}

static void devices_answer_as_plain_loops_do(flx_backend *backend)
{
    double settings[CANDIDATES * COLUMNS], expected[CANDIDATES], mean[CANDIDATES];
    flx_resident_graph *graph = NULL;
    flx_error error = {0};
    flx_gp_posterior *posterior = condition(backend);
    fill_settings(settings);
    plan_reference(&plan, backend, posterior, settings, CANDIDATES, expected);
    if (backend->operations->graph_create) {
        assert_int(
            backend->operations->graph_create(backend, posterior, &plan, &graph, &error),
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

static void every_device_answers_as_plain_loops_do(void)
{
    with_every_backend(devices_answer_as_plain_loops_do);
}

/* Without Gaussian processes: numbers by hand. */
static double answer_by(flx_backend *backend, const flx_inference_plan *small,
                        const double *settings)
{
    double mean = NAN, device = NAN;
    flx_error error = {0};
    flx_resident_graph *graph = NULL;
    flx_gp_posterior *posterior = condition(backend);
    plan_reference(small, backend, posterior, settings, 1, &mean);
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

/* A plan of one vertex and one of its models. */
static flx_inference_plan alone(const flx_plan_vertex *vertex)
{
    static const int one_level[] = {0, 1};
    static const flx_plan_target target = {0, 1, 1};
    flx_inference_plan small = plan;
    small.n_vertices = small.n_levels = small.n_targets = 1;
    small.n_ranges = 0;
    small.vertices = vertex;
    small.level_start = one_level;
    small.targets = &target;
    small.is_blended = false;
    return small;
}

static void check_values_by_hand(flx_backend *backend)
{
    const double settings[COLUMNS] = {5, 20, 4, 2, 7, NAN, 30, 10};
    const flx_plan_vertex constant = {0, 0, 1, 1}, plane = {0, 2, 3, 1},
                          unknown = {6, 2, 4, 1}, trees = {0, 3, 8, 1};
    flx_inference_plan small = alone(&constant);
    assert_close(answer_by(backend, &small, settings), exp(2.5), 1e-14, 0);
    /* x = 5 / 10, 0.3 (log 20 - 1): 10 + 5 (1 + 2 * 0.5 - 3 * 0.3 (log 20 - 1)); then
     * kept within 9 and 16. */
    small = alone(&plane);
    assert_close(answer_by(backend, &small, settings), 20 - 4.5 * (log(20) - 1), 1e-14,
                 0);
    assert_close(answer_by(backend, &small, (double[]){5, 90, 0, 0, 0, 0, 0, 0}), 9,
                 1e-14, 0);
    assert_close(answer_by(backend, &small, (double[]){10, 1, 0, 0, 0, 0, 0, 0}), 16,
                 1e-14, 0);
    small = alone(&unknown);
    assert_true(isnan(answer_by(backend, &small, settings)));
    /* Features (5 / 30, 20 / 30, missing: (3 - 3) / 4 = 0): leaves -0.5, 0.1, 0.4. */
    small = alone(&trees);
    double sum = (double)(0.125f - 0.5f + 0.1f + 0.4f);
    assert_close(answer_by(backend, &small, settings), exp(3 + 0.4 * sum), 1e-7, 0);
    /* Metrics of columns 0 and 1, rates 30 and half of 10: (30 * 5 + 5 * 20) / 35. */
    const flx_plan_input own[] = {{-1, 0, 1}, {-1, 1, 1}, {-1, 6, 1}, {-1, 7, 0.5}};
    const flx_plan_vertex service = {0, 4, 5, 1};
    small = alone(&service);
    small.inputs = own;
    small.n_inputs = 4;
    assert_close(answer_by(backend, &small, settings), 250.0 / 35, 1e-14, 0);
    /* Equal weights where a rate is not above 0; of one instance where the other's metric
     * is missing. */
    assert_close(answer_by(backend, &small, (double[]){5, 20, 0, 0, 0, 0, 30, 0}), 12.5,
                 1e-14, 0);
    assert_close(answer_by(backend, &small, (double[]){5, NAN, 0, 0, 0, 0, 30, 0}), 5,
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
    static const flx_plan_vertex two[] = {{0, 0, 1, 1}, {0, 2, 3, 1}};
    static const int one_level[] = {0, 2};
    static const flx_plan_target both[] = {{0, 0.7, 0.4}, {1, 0.3, 0.6}};
    flx_inference_plan small = plan;
    small.n_vertices = 2;
    small.n_levels = 1;
    small.vertices = two;
    small.level_start = one_level;
    small.targets = both;
    double constant = exp(2.5), near[COLUMNS] = {9, 1, 3, 1, 7, 1, 30, 10};
    assert_close(answer_by(backend, &small, near), 0.7 * constant + 0.3 * 16, 1e-14, 0);
    near[0] = 9.5;
    assert_close(answer_by(backend, &small, near), 0.4 * constant + 0.6 * 16, 1e-14, 0);
    near[0] = NAN; /* not far: 10 + 5 (1 + 2 * 0 + 0.9), above 16 */
    assert_close(answer_by(backend, &small, near), 0.7 * constant + 0.3 * 16, 1e-14, 0);
    small.low = 14;
    near[0] = 9;
    assert_close(answer_by(backend, &small, near), 0.7 * 14 + 0.3 * 16, 1e-14, 0);
    small.low = 5;
    small.high = 10;
    assert_close(answer_by(backend, &small, near), 10, 1e-14, 0);
}

static void far_candidates_are_blended_otherwise(void)
{
    with_every_backend(check_blends);
}

static void genes_become_settings(void)
{
    const double half[] = {0.5, 0.5, 0.5, 0.5}, out[] = {1.5, -1, 1, 0.99};
    double settings[COLUMNS];
    plan_reference_columns(&plan, half, settings);
    assert_close(settings[0], 6, 1e-15, 0);
    assert_close(settings[1], 10, 1e-14, 0);
    /* Integers 3 to 7 on a logarithmic scale: 3 sqrt(8 / 3) = 4.9. */
    assert_close(settings[2], 4, 0, 0);
    assert_close(settings[3], 4, 0, 0);
    assert_close(settings[4], 7, 0, 0);
    assert_true(isnan(settings[5]));
    plan_reference_columns(&plan, out, settings);
    assert_close(settings[0], 10, 0, 0);
    assert_close(settings[1], 1, 0, 0);
    assert_close(settings[2], 7, 0, 0);
    assert_close(settings[3], 8, 0, 0);
}

static void refuse(flx_inference_plan bad, const char *message)
{
    flx_error error = {0};
    assert_int(flx_inference_plan_check(&bad, MEMBERS, &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
}

static void graphs_that_are_none_are_refused(void)
{
    flx_error error = {0};
    assert_int(flx_inference_plan_check(&plan, MEMBERS, &error), FLX_OK);
    flx_inference_plan bad = plan;
    bad.n_vertices = 0;
    refuse(bad, "a plan of 0 vertices");
    bad = plan;
    bad.n_targets = 0;
    refuse(bad, "0 targets");
    bad = plan;
    bad.level_start = (int[]){0, 8, 5, 10};
    refuse(bad, "level 2 of the plan begins at vertex 5");
    bad.level_start = (int[]){0, 5, 8, 9};
    refuse(bad, "level 3 of the plan begins at vertex 9 of 10");
    bad.level_start =
        (int[]){0, 6, 8, 10}; /* vertex 5 reads 0, which is no longer below */
    refuse(bad, "vertex 5 of the plan reads vertex 0, only 0 are below it");
    bad = plan;
    bad.n_vertices = 8;
    bad.n_levels = 2;
    refuse(bad, "target 0 of the plan is vertex 8 of 8");
    bad = plan;
    bad.n_columns = 5;
    refuse(bad, "column 5 of 5");
    bad = plan;
    bad.ranges = (flx_plan_range[]){{0, 1, 1, 9}, {8, 1, 1, 2}, {1, 0.5, 0, 40}};
    refuse(bad, "range 1 of the plan is of column 8 of 8");
}

static void columns_and_models_that_are_none_are_refused(void)
{
    flx_inference_plan bad = plan;
    flx_plan_model changed[COUNT(models)];
    bad.n_genes = 3;
    refuse(bad, "column 3 of the plan has gene 3, there are 3");
    bad = plan;
    bad.n_values = 3;
    refuse(bad, "column 3 of the plan has 4 levels from value 0 of 3");
    bad = plan;
    bad.n_features = 10;
    refuse(bad, "model 9 of the plan, of kind 2, has features");
    bad = plan;
    memcpy(changed, models, sizeof models);
    bad.models = changed;
    changed[7].member = MEMBERS;
    refuse(bad, "model 7 of the plan is member 3 of a posterior of 3");
    changed[7].member = 0;
    changed[3].n_parameters = 2;
    refuse(bad, "model 3 of the plan");
    changed[3].n_parameters = 3;
    changed[5].n_blocks = 2;
    refuse(bad, "rule 5 of the plan reads 2 x 3 inputs, vertex 5 has 4");
    changed[5].n_blocks = 1;
    changed[1].first_feature = 0;
    changed[1].n_features = 1;
    refuse(bad, "model 1 of the plan reads input 0 of the 0 of vertex 2");
}

static void trees_that_do_not_end_are_refused(void)
{
    flx_inference_plan bad = plan;
    flx_plan_node changed[COUNT(nodes)];
    bad.roots = (int[]){0, 3, 8};
    refuse(bad, "tree 2 of model 8 of the plan begins at node 8 of 8");
    bad = plan;
    memcpy(changed, nodes, sizeof nodes);
    bad.nodes = changed;
    changed[3].left = 3;
    refuse(bad, "node 3 of 8 of model 8 of the plan splits feature 2 of 3 to 3, 5 and 5");
    changed[3] = nodes[3];
    changed[5].feature = 3;
    refuse(bad, "splits feature 3 of 3");
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
    const flx_plan_vertex instance = {0, 3, 0, 1}, both = {0, 2, 2, 1};
    members[1] = members[0];
    members[1].theta = wrong;
    if (backend->operations->graph_create) {
        assert_int(
            backend->operations->condition(backend, members, 2, &posterior, &error),
            FLX_OK);
        flx_inference_plan small = alone(&instance);
        small.n_models = 1;
        assert_int(
            backend->operations->graph_create(backend, posterior, &small, &graph, &error),
            FLX_BAD_INPUT);
        assert_contains(error.message, "has 3 features, member 0 has 2");
        assert_true(graph == NULL);
        small = alone(&both);
        small.n_models = 1;
        small.models = models + 2;
        small.vertices = &(flx_plan_vertex){0, 2, 0, 1};
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

CU_TestInfo plan_tests[] = {
    {"every device answers as plain loops do", every_device_answers_as_plain_loops_do},
    {"values are those worked by hand", values_are_those_worked_by_hand},
    {"far candidates are blended otherwise", far_candidates_are_blended_otherwise},
    {"genes become settings", genes_become_settings},
    {"graphs that are none are refused", graphs_that_are_none_are_refused},
    {"columns and models that are none are refused",
     columns_and_models_that_are_none_are_refused},
    {"trees that do not end are refused", trees_that_do_not_end_are_refused},
    {"members that do not fit are refused", members_that_do_not_fit_are_refused},
    CU_TEST_INFO_NULL,
};
