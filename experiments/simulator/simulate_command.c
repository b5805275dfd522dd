/* SPDX-License-Identifier: MIT
 * fluxion simulate: a system at an orchestration step in, a table of benchmark runs out.
 */
#include "host/commands/commands.h"

#include "experiments/simulator/find_system.h"
#include "experiments/simulator/simulation.h"
#include "formats/files.h"
#include "formats/memory.h"

#include <limits.h>
#include <string.h>

FLX_OWNS(flx_testbed, flx_testbed_close)
FLX_OWNS(flx_settings, flx_settings_destroy)
FLX_OWNS(flx_dataset, flx_dataset_destroy)

static const flx_option options[] = {
    OPT_TEXT("sequence", "NAME", "sequence of orchestration steps, e.g. 6vm",
             .is_required = true),
    OPT_INTEGER("step", "K", 1, 1000, "step of the sequence, from 1 (default: 1)"),
    OPT_INTEGER(
        "rows", "N", 1, 1e7,
        "settings to draw, a row each; with --settings, runs of each (default: 1)"),
    OPT_TEXT("settings", "FILE|default",
             "measure these settings: a CSV file, the report of tune --json, or default"),
    OPT_TEXT("output", "DATA.h5", "dataset to write", .letter = 'o', .is_required = true),
    OPT_NUMBER("seconds", "S", 0.1, 1e5,
               "simulated seconds that are measured (default: 20)"),
    OPT_NUMBER("warmup", "S", 0, 1e5, "simulated seconds before that (default: 5)"),
    OPT_CHOICE("service-times", "KIND", "lognormal|exponential",
               "distribution of service times", .usual = "lognormal"),
    {0}};

static flx_testbed_options read_options(const flx_arguments *arguments)
{
    return (flx_testbed_options){.sequence = flx_text(arguments, "sequence", NULL),
                                 .step = (int)flx_integer(arguments, "step", 1),
                                 .seconds = flx_number(arguments, "seconds", 20.0),
                                 .warmup = flx_number(arguments, "warmup", 5.0),
                                 .is_exponential =
                                     flx_choice(arguments, "service-times") == 1,
                                 .seed = flx_seed(arguments)};
}

static flx_status choose_settings(const flx_arguments *arguments,
                                  const flx_testbed *testbed, flx_settings **settings,
                                  int *repeats, flx_error *error)
{
    const char *given = flx_text(arguments, "settings", NULL);
    int rows = (int)flx_integer(arguments, "rows", 1);
    *repeats = given ? rows : 1;
    if (!given)
        return flx_settings_draw(testbed, rows, settings, error);
    FLX_TRY(strcmp(given, "default") == 0
                ? flx_settings_defaults(testbed, settings, error)
                : flx_settings_read(testbed, given, settings, error));
    if ((*settings)->count <= INT_MAX / rows)
        return FLX_OK;
    return flx_fail(error, FLX_BAD_INPUT, "--rows %d of so many settings is too much",
                    rows);
}

static json_t *describe(const flx_testbed *testbed, const flx_dataset *table,
                        const flx_simulation_totals *totals, const char *path)
{
    const flx_system *system = testbed->system;
    json_t *utilization = json_object();
    for (int s = 0; s < system->n_services; s++)
        json_object_set_new(utilization, system->services[s].name,
                            json_real(totals->utilization[s]));
    return json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:I, s:I, s:i, s:f, s:o}", "output", path,
        "system", system->name, "sequence", testbed->options.sequence, "step",
        testbed->options.step, "title", testbed->step->title, "rows", table->rows,
        "columns", table->n_columns, "requests", (json_int_t)totals->arrived, "rejected",
        (json_int_t)totals->rejected, "rejecting_rows", totals->rejecting_rows,
        "time_factor", system->time_factor, "utilization", utilization);
}

static void print_text(json_t *report)
{
    const char *service, *busiest = NULL;
    double most = -1;
    json_t *used;
    json_object_foreach(json_object_get(report, "utilization"), service, used) {
        if (json_real_value(used) > most) {
            most = json_real_value(used);
            busiest = service;
        }
    }
    double requests = json_number_value(json_object_get(report, "requests"));
    double rejected = json_number_value(json_object_get(report, "rejected"));
    bool is_one = json_integer_value(json_object_get(report, "rows")) == 1;
    json_object_set_new(report, "busiest", json_string(busiest));
    json_object_set_new(report, "used", json_real(most));
    json_object_set_new(report, "percent", json_real(100 * rejected / (requests + 1)));
    flx_write_filled(report,
                     is_one ? "{output}: {rows} simulated row"
                            : "{output}: {rows} simulated rows",
                     stdout);
    flx_print_line(report,
                   ", {columns} columns; {system} step {step} of {sequence}: {title}");
    flx_print_line(
        report, "busiest: {busiest}, {used:.0%} of its capacity in use on average; "
                "{percent:.2g} % of requests rejected ({rejecting_rows} rows above 1 %)");
}

/* Whether the output can be written is known before the work is done. */
static flx_status check_output(const char *path, flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin(path, &output, error));
    flx_output_abandon(output);
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *output = flx_text(arguments, "output", NULL);
    flx_testbed_options chosen = read_options(arguments);
    FLX_OWNED(flx_testbed) testbed = NULL;
    FLX_OWNED(flx_settings) settings = NULL;
    FLX_OWNED(flx_dataset) table = NULL;
    FLX_SCOPED double *utilization = NULL;
    char path[PATH_MAX];
    int repeats = 1;
    FLX_TRY(flx_find_system(flx_positional(arguments, 0), path, sizeof path, error));
    FLX_TRY(flx_testbed_open(path, &chosen, &testbed, error));
    FLX_TRY(check_output(output, error));
    FLX_TRY(choose_settings(arguments, testbed, &settings, &repeats, error));
    if (!FLX_NEW(utilization, testbed->system->n_services))
        return flx_no_memory(error, "the utilization of services");
    flx_simulation_totals totals = {.utilization = utilization};
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "simulating");
    flx_status status = flx_simulate(testbed, settings, repeats, flx_threads(arguments),
                                     &progress, &table, &totals, error);
    flx_bar_finish(&bar);
    FLX_TRY(status);
    FLX_TRY(flx_dataset_write(table, output, error));
    return flx_report(arguments, describe(testbed, table, &totals, output), NULL,
                      print_text, error);
}

const flx_command flx_simulate_command = {
    .name = "simulate",
    .summary = "make a table of simulated benchmark runs of a system",
    .usage = "SYSTEM --sequence NAME --step K --rows N -o DATA.h5",
    .details =
        "SYSTEM is hotel, boutique, trainticket or a file of that form. The knobs are "
        "drawn by Latin hypercube sampling over the ranges of the step's deployment, or "
        "given by --settings:\n"
        "  FILE.csv    one column a knob; knobs that are missing keep their default\n"
        "  TUNE.json   the report of 'fluxion tune --json': best, then top\n"
        "  default     the deployment's defaults\n"
        "\n"
        "Latencies are simulated, not measured: how a service responds to its knobs is "
        "invented (experiments/simulator/README.md), and the dataset says so.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
