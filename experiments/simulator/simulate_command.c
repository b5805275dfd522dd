/* SPDX-License-Identifier: MIT
 * fluxion simulate: a system at an orchestration step in, a table of benchmark runs out.
 */
#include "host/commands/commands.h"

#include "experiments/simulator/find_system.h"
#include "experiments/simulator/simulation.h"
#include "formats/files.h"
#include "formats/memory.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const flx_option options[] = {
    {.name = "sequence",
     .type = FLX_TEXT,
     .argument = "NAME",
     .help = "sequence of orchestration steps, e.g. 6vm (required)"},
    {.name = "step",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1000,
     .argument = "K",
     .help = "step of the sequence, from 1 (default: 1)"},
    {.name = "rows",
     .type = FLX_INTEGER,
     .min = 1,
     .max = 1e7,
     .argument = "N",
     .help = "settings to draw, a row each; with --settings, runs of each (default: 1)"},
    {.name = "settings",
     .type = FLX_TEXT,
     .argument = "FILE|default",
     .help = "measure these settings: CSV, output of tune --json, or the defaults"},
    {.name = "output",
     .letter = 'o',
     .type = FLX_TEXT,
     .argument = "DATA.h5",
     .help = "dataset to write (required)"},
    {.name = "seconds",
     .type = FLX_NUMBER,
     .min = 0.1,
     .max = 1e5,
     .argument = "S",
     .help = "simulated seconds that are measured (default: 20)"},
    {.name = "warmup",
     .type = FLX_NUMBER,
     .min = 0,
     .max = 1e5,
     .argument = "S",
     .help = "simulated seconds before that (default: 5)"},
    {.name = "service-times",
     .type = FLX_TEXT,
     .argument = "KIND",
     .help = "lognormal or exponential (default: lognormal)"},
    {0}};

static flx_status choose_options(const flx_arguments *arguments,
                                 flx_testbed_options *chosen, flx_error *error)
{
    const char *kind = flx_text(arguments, "service-times", "lognormal");
    *chosen = (flx_testbed_options){.sequence = flx_text(arguments, "sequence", NULL),
                                    .step = (int)flx_integer(arguments, "step", 1),
                                    .seconds = flx_number(arguments, "seconds", 20.0),
                                    .warmup = flx_number(arguments, "warmup", 5.0),
                                    .is_exponential = strcmp(kind, "exponential") == 0,
                                    .seed = flx_seed(arguments)};
    if (!chosen->sequence)
        return flx_fail(error, FLX_BAD_INPUT, "simulate needs --sequence NAME");
    if (!flx_is_set(arguments, "output"))
        return flx_fail(error, FLX_BAD_INPUT, "simulate needs -o DATA.h5");
    if (!chosen->is_exponential && strcmp(kind, "lognormal") != 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--service-times %s: give lognormal or exponential", kind);
    return FLX_OK;
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
    flx_settings_destroy(*settings);
    return flx_fail(error, FLX_BAD_INPUT, "--rows %d of so many settings is too much",
                    rows);
}

static void print_summary(const flx_testbed *testbed, const flx_dataset *table,
                          const flx_simulation_totals *totals, const char *path)
{
    const flx_system *system = testbed->system;
    int busiest = 0;
    for (int s = 1; s < system->n_services; s++)
        if (totals->utilization[s] > totals->utilization[busiest])
            busiest = s;
    printf("%s: %d simulated row%s, %d columns; %s step %d of %s: %s\n", path,
           table->rows, table->rows == 1 ? "" : "s", table->n_columns, system->name,
           testbed->options.step, testbed->options.sequence, testbed->step->title);
    printf("busiest: %s, %.0f %% of its capacity in use on average; %.2g %% of requests "
           "rejected (%d rows above 1 %%)\n",
           system->services[busiest].name, 100.0 * totals->utilization[busiest],
           100.0 * (double)totals->rejected / (double)(totals->arrived + 1),
           totals->rejecting_rows);
}

static flx_status print_report(const flx_testbed *testbed, const flx_dataset *table,
                               const flx_simulation_totals *totals, const char *path,
                               flx_error *error)
{
    const flx_system *system = testbed->system;
    json_t *busy = json_object();
    for (int s = 0; busy && s < system->n_services; s++)
        json_object_set_new(busy, system->services[s].name,
                            json_real(totals->utilization[s]));
    json_t *report = json_pack(
        "{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:I, s:I, s:i, s:f, s:o?}", "output", path,
        "system", system->name, "sequence", testbed->options.sequence, "step",
        testbed->options.step, "title", testbed->step->title, "rows", table->rows,
        "columns", table->n_columns, "requests", (json_int_t)totals->arrived, "rejected",
        (json_int_t)totals->rejected, "rejecting_rows", totals->rejecting_rows,
        "time_factor", system->time_factor, "utilization", busy);
    if (!report)
        return flx_no_memory(error, "the report");
    return flx_print_json(report, error);
}

static flx_status simulate_and_write(const flx_arguments *arguments,
                                     const flx_testbed *testbed,
                                     const flx_settings *settings, int repeats,
                                     double *utilization, flx_error *error)
{
    const char *path = flx_text(arguments, "output", NULL);
    flx_simulation_totals totals = {.utilization = utilization};
    flx_dataset *table = NULL;
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "simulating");
    flx_status status = flx_simulate(testbed, settings, repeats, flx_threads(arguments),
                                     &progress, &table, &totals, error);
    flx_bar_finish(&bar);
    if (status == FLX_OK)
        status = flx_dataset_write(table, path, error);
    if (status == FLX_OK && flx_wants_json(arguments))
        status = print_report(testbed, table, &totals, path, error);
    else if (status == FLX_OK)
        print_summary(testbed, table, &totals, path);
    flx_dataset_destroy(table);
    return status;
}

/* Whether the output can be written is known before the work is done. */
static flx_status check_output(const char *path, flx_error *error)
{
    flx_output *output = NULL;
    FLX_TRY(flx_output_begin(path, &output, error));
    flx_output_abandon(output);
    return FLX_OK;
}

static flx_status measure(const flx_arguments *arguments, const flx_testbed *testbed,
                          flx_error *error)
{
    flx_settings *settings = NULL;
    int repeats = 1;
    FLX_TRY(check_output(flx_text(arguments, "output", NULL), error));
    FLX_TRY(choose_settings(arguments, testbed, &settings, &repeats, error));
    FLX_SCOPED double *utilization = NULL;
    flx_status status = FLX_NEW(utilization, testbed->system->n_services)
                            ? simulate_and_write(arguments, testbed, settings, repeats,
                                                 utilization, error)
                            : flx_no_memory(error, "the utilization");
    flx_settings_destroy(settings);
    return status;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    flx_testbed_options chosen;
    char path[PATH_MAX];
    FLX_TRY(choose_options(arguments, &chosen, error));
    FLX_TRY(flx_find_system(flx_positional(arguments, 0), path, sizeof path, error));
    flx_testbed *testbed = NULL;
    FLX_TRY(flx_testbed_open(path, &chosen, &testbed, error));
    flx_status status = measure(arguments, testbed, error);
    flx_testbed_close(testbed);
    return status;
}

const flx_command flx_simulate_command = {
    .name = "simulate",
    .summary = "make a table of simulated benchmark runs of a system",
    .usage = "SYSTEM --sequence NAME --step K --rows N -o DATA.h5",
    .details =
        "SYSTEM is hotel, boutique, trainticket or a file of that form. Knobs are drawn\n"
        "by Latin hypercube over the ranges of the step's deployment, or given:\n"
        "  --settings FILE.csv    one column a knob; missing knobs keep their default\n"
        "  --settings TUNE.json   the output of 'fluxion tune --json': best, then top\n"
        "  --settings default     the deployment's defaults\n"
        "with --rows N then measuring each setting N times. Latencies are simulated, "
        "not\n"
        "measured: the response of a service to its knobs is invented\n"
        "(experiments/simulator/README.md), and the dataset says so.",
    .options = options,
    .min_positional = 1,
    .max_positional = 1,
    .run = run};
