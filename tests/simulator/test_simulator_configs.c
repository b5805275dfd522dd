/* SPDX-License-Identifier: MIT
 * The systems in configs/: every step opens, counts as the paper counts, its deployment
 * shows the calls that are simulated, and its graph is the size that the paper prints. */
#include "experiments/simulator/testbed.h"
#include "host/graph/graph.h"
#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define CONFIGS FLX_SOURCE_DIR "/configs/"

typedef struct {
    const char *system, *sequence;
    int step, services, inputs;
} count;

/* hotel 100vm-3: the paper prints 1,034 inputs, which no replica counts give */
static const count counts[] = {
    {"hotel", "6vm", 1, 15, 63},          {"hotel", "6vm", 2, 17, 72},
    {"hotel", "6vm", 3, 19, 80},          {"hotel", "6vm", 4, 37, 139},
    {"hotel", "6vm", 5, 48, 177},         {"hotel", "6vm", 6, 15, 63},
    {"hotel", "100vm", 1, 15, 63},        {"hotel", "100vm", 2, 70, 253},
    {"hotel", "100vm", 3, 142, 637},      {"hotel", "x6-debug", 1, 70, 253},
    {"hotel", "x6-debug", 2, 70, 253},    {"boutique", "9vm", 1, 11, 63},
    {"boutique", "9vm", 2, 22, 126},      {"boutique", "9vm", 3, 33, 189},
    {"trainticket", "100vm", 1, 49, 242}, {"trainticket", "100vm", 2, 50, 247},
    {"trainticket", "100vm", 3, 51, 252}, {"trainticket", "100vm", 4, 53, 262},
    {"trainticket", "100vm", 5, 62, 307}, {"trainticket", "100vm", 6, 105, 510},
    {"trainticket", "100vm", 7, 49, 242}, {"trainticket", "x6", 1, 210, 1020},
};

static flx_testbed *open_step(const count *of)
{
    char path[512];
    snprintf(path, sizeof path, CONFIGS "%s/system.json", of->system);
    flx_testbed_options options = {
        .sequence = of->sequence, .step = of->step, .seconds = 1.0};
    flx_testbed *testbed = NULL;
    flx_error error = {0};
    if (flx_testbed_open(path, &options, &testbed, &error) != FLX_OK)
        printf("\n%s %s %d: %s\n", of->system, of->sequence, of->step, error.message);
    assert_true(testbed != NULL);
    return testbed;
}

static void every_step_counts_as_the_paper(void)
{
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        flx_testbed *testbed = open_step(&counts[c]);
        if (!testbed)
            continue;
        int services = 0, inputs = 0;
        flx_testbed_count(testbed, &services, &inputs);
        assert_int(services, counts[c].services);
        assert_int(inputs, counts[c].inputs);
        if (testbed->step->paper_inputs != 1034)
            assert_int(testbed->step->paper_inputs, counts[c].inputs);
        assert_int(testbed->step->paper_services, counts[c].services);
        flx_testbed_close(testbed);
    }
}

static int count_unscaled_edges(const flx_deployment *deployment)
{
    int edges = 0;
    for (int s = 0; s < deployment->n_services; s++)
        for (int o = 0; o < deployment->services[s].n_operations; o++)
            edges += deployment->services[s].operations[o].n_calls;
    return edges;
}

static void edges_are_those_of_the_authors_maps(void)
{
    flx_testbed *hotel = open_step(&counts[0]), *boutique = open_step(&counts[11]);
    if (hotel)
        assert_int(count_unscaled_edges(hotel->deployment), 19);
    if (boutique)
        assert_int(count_unscaled_edges(boutique->deployment), 16);
    flx_testbed_close(hotel);
    flx_testbed_close(boutique);
}

static bool declares_call(const flx_testbed *testbed, int from, int service,
                          int operation)
{
    const flx_service *caller = &testbed->deployment->services[from];
    for (int o = 0; o < caller->n_operations; o++)
        for (int c = 0; c < caller->operations[o].n_calls; c++)
            if (caller->operations[o].calls[c].service == service &&
                caller->operations[o].calls[c].operation == operation)
                return true;
    return false;
}

/* ts-seat-service calls ts-travel(2)-service, which calls it: the deployment has no
 * cycles and shows what that call leads to instead (configs/README.md). */
static bool is_cut(const flx_testbed *testbed, int from, int to)
{
    const flx_service *services = testbed->deployment->services;
    return strcmp(services[from].name, "ts-seat-service") == 0 &&
           strncmp(services[to].name, "ts-travel", 9) == 0 &&
           !strstr(services[to].name, "mongo");
}

static void check_calls(const flx_testbed *testbed)
{
    const flx_scenario *shape = &testbed->shape;
    for (int e = 0; e < shape->n_endpoints; e++) {
        const flx_scenario_endpoint *caller = &shape->endpoints[e];
        int from = testbed->deployed[caller->service];
        for (int s = 0; s < caller->n_stages; s++) {
            const flx_scenario_stage *stage = &shape->stages[caller->first_stage + s];
            for (int c = 0; c < stage->n_calls; c++) {
                int endpoint = shape->calls[stage->first_call + c].endpoint;
                int to = testbed->deployed[shape->endpoints[endpoint].service];
                int operation = shape->endpoints[endpoint].operation;
                if (from != to && !is_cut(testbed, from, to))
                    assert_true(declares_call(testbed, from, to, operation));
            }
        }
    }
}

static void simulated_calls_are_declared(void)
{
    static const int first_steps[] = {0, 11, 14};
    for (int i = 0; i < 3; i++) {
        flx_testbed *testbed = open_step(&counts[first_steps[i]]);
        if (testbed)
            check_calls(testbed);
        flx_testbed_close(testbed);
    }
}

static void check_graph(const count *of, const char *const *spectrum, int n_spectrum,
                        int vertices)
{
    flx_testbed *testbed = open_step(of);
    if (!testbed)
        return;
    flx_graph *graph = NULL;
    flx_error error = {0};
    assert_int(
        flx_graph_build(testbed->deployment, spectrum, n_spectrum, false, &graph, &error),
        FLX_OK);
    if (graph)
        assert_int(graph->n_vertices, vertices);
    flx_graph_destroy(graph);
    flx_testbed_close(testbed);
}

static void graphs_have_the_papers_vertices(void)
{
    static const char *const four[] = {"p50", "p85", "p90", "p95"};
    static const char *const all[] = {"p50", "p80", "p81", "p82", "p83", "p84", "p85",
                                      "p86", "p87", "p88", "p89", "p90", "p91", "p92",
                                      "p93", "p94", "p95", "p96", "p97", "p98", "p99"};
    check_graph(&counts[0], NULL, 0, 20);
    check_graph(&counts[7], NULL, 0, 110);
    check_graph(&counts[7], four, 4, 419);
    check_graph(&counts[7], all, 21, 2170);
    check_graph(&counts[11], NULL, 0, 12);
    check_graph(&counts[12], NULL, 0, 36);
    check_graph(&counts[13], NULL, 0, 48);
}

static void replace_once(const char *text, const char *find, const char *replace,
                         char *out, size_t size)
{
    const char *at = strstr(text, find);
    assert_true(at != NULL);
    if (at)
        snprintf(out, size, "%.*s%s%s", (int)(at - text), text, replace,
                 at + strlen(find));
}

/* Boutique's system with one piece of text replaced, beside the deployment as it is. */
static void check_mismatch(const char *find, const char *replace, const char *sentence)
{
    enum { SIZE = 100000 };
    static char text[SIZE], placed[SIZE], changed[SIZE];
    FILE *file = fopen(CONFIGS "boutique/system.json", "r");
    assert_true(file != NULL);
    if (!file)
        return;
    text[fread(text, 1, SIZE - 1, file)] = '\0';
    fclose(file);
    replace_once(text, "\"deployment.json\"", "\"" CONFIGS "boutique/deployment.json\"",
                 placed, SIZE);
    replace_once(placed, find, replace, changed, SIZE);
    flx_testbed_options options = {.sequence = "9vm", .step = 1, .seconds = 1.0};
    flx_testbed *testbed = NULL;
    flx_error error = {0};
    scratch_begin();
    const char *path = scratch_write("system.json", changed);
    assert_int(flx_testbed_open(path, &options, &testbed, &error), FLX_BAD_INPUT);
    assert_contains(error.message, sentence);
    assert_true(testbed == NULL);
    scratch_end();
}

static void system_and_deployment_must_fit(void)
{
    check_mismatch("boutique/deployment.json", "boutique/absent.json", "absent.json");
    check_mismatch("boutique/deployment.json", "hotel/deployment.json",
                   "service 'cartservice' of system 'boutique' is missing");
    check_mismatch(":MAX_RESPONSE", ":MAX_REPLY",
                   "'recommendationservice:MAX_REPLY', which is no knob");
    check_mismatch("\"mix\": {\"index\"",
                   "\"replicas\": {\"redis\": 2}, \"mix\": {\"index\"",
                   "service 'redis' has 1 replicas");
}

static void uncounted_databases_keep_their_defaults(void)
{
    flx_testbed *testbed = open_step(&counts[19]);
    if (!testbed)
        return;
    for (int s = 0; s < testbed->system->n_services; s++) {
        const char *name = testbed->system->services[s].name;
        bool is_database = strstr(name, "mongo") || strstr(name, "mysql");
        assert_int(testbed->step->is_counted[s], !is_database);
    }
    flx_testbed_close(testbed);
}

CU_TestInfo simulator_configs_tests[] = {
    {"every_step_counts_as_the_paper", every_step_counts_as_the_paper},
    {"edges_are_those_of_the_authors_maps", edges_are_those_of_the_authors_maps},
    {"simulated_calls_are_declared", simulated_calls_are_declared},
    {"graphs_have_the_papers_vertices", graphs_have_the_papers_vertices},
    {"system_and_deployment_must_fit", system_and_deployment_must_fit},
    {"uncounted_databases_keep_their_defaults", uncounted_databases_keep_their_defaults},
    CU_TEST_INFO_NULL};
