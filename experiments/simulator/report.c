/* SPDX-License-Identifier: MIT
 * Laying out the columns of a run's table: knobs first, then states, then metrics, each
 * in the order of the deployment. */
#include "experiments/simulator/report.h"

#include "experiments/simulator/statistics.h"
#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

/* Instances of a replicated service one by one, then all together. */
static int count_views(const flx_service *service)
{
    return service->replicas > 1 ? service->replicas + 1 : 1;
}

static int view_instance(const flx_service *service, int view)
{
    return service->replicas > 1 && view < service->replicas ? view : -1;
}

static flx_status check_service(const flx_service *service, flx_error *error)
{
    for (int m = 0; m < service->n_metrics; m++) {
        double percent;
        if (!flx_metric_parse(service->metrics[m], &percent))
            return flx_fail(error, FLX_BAD_INPUT,
                            "metric '%s' of service '%s' is not one that the simulator "
                            "measures (avg, p0 to p100)",
                            service->metrics[m], service->name);
    }
    for (int s = 0; s < service->n_states; s++)
        if (strcmp(service->states[s].name, "rps") != 0 &&
            strcmp(service->states[s].name, "cpu_limit") != 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "state '%s' of service '%s' is not one that the simulator "
                            "measures (rps, cpu_limit)",
                            service->states[s].name, service->name);
    return FLX_OK;
}

/* Adds the groups of a service; its columns are given later. */
static void add_groups(flx_report *report, int service)
{
    const flx_testbed *testbed = report->testbed;
    const flx_service *deployed = &testbed->deployment->services[service];
    int channel = testbed->shape.services[testbed->simulated[service]].first_channel;
    for (int o = 0; o < deployed->n_operations; o++)
        for (int v = 0; v < count_views(deployed); v++) {
            int instance = view_instance(deployed, v);
            int first = channel + o * deployed->replicas;
            report->groups[report->n_groups++] = (flx_report_group){
                .service = service,
                .operation = o,
                .instance = instance,
                .first_channel = instance < 0 ? first : first + instance,
                .n_channels = instance < 0 ? deployed->replicas : 1,
                .rate = -1,
            };
        }
}

static flx_status add_service(flx_report *report, int service, flx_error *error)
{
    const flx_service *deployed = &report->testbed->deployment->services[service];
    FLX_TRY(check_service(deployed, error));
    add_groups(report, service);
    return FLX_OK;
}

/* The group of a state or metric of a service. */
static flx_report_group *find_group(flx_report *report, int service, int operation,
                                    int instance)
{
    for (int g = 0; g < report->n_groups; g++) {
        flx_report_group *group = &report->groups[g];
        if (group->service == service && group->operation == operation &&
            group->instance == instance)
            return group;
    }
    return NULL;
}

/* Names the next column where there is a table; without one it is only counted. */
static flx_status add_column(flx_report *report, flx_dataset *table,
                             const flx_column_place *place, flx_column_role kind,
                             const char *unit, flx_error *error)
{
    int column = report->n_columns++;
    if (!table)
        return FLX_OK;
    const char *service = report->testbed->deployment->services[place->service].name;
    char *name = flx_column_text(service, place->operation, place->instance, place->name);
    if (!name)
        return flx_no_memory(error, "a column name");
    flx_status status = flx_dataset_name_column(table, column, name, kind, unit, error);
    free(name);
    return status;
}

static flx_column_place make_place(int service, const char *operation, int instance,
                                   const char *name)
{
    flx_column_place place = {.service = service, .instance = instance, .name = name};
    strncat(place.operation, operation, sizeof place.operation - 1);
    return place;
}

static flx_status add_state(flx_report *report, flx_dataset *table, int service,
                            const flx_input *state, flx_error *error)
{
    const flx_service *deployed = &report->testbed->deployment->services[service];
    bool is_rate = strcmp(state->name, "rps") == 0;
    for (int v = 0; v < count_views(deployed); v++) {
        int instance = view_instance(deployed, v), column = report->n_columns;
        int operation = flx_service_find_operation(deployed, state->operation);
        flx_report_group *group = find_group(report, service, operation, instance);
        if (!group)
            return flx_fail(error, FLX_BAD_INPUT,
                            "state '%s' of service '%s' belongs to operation '%s', which "
                            "the simulator does not log",
                            state->name, deployed->name, state->operation);
        if (is_rate)
            group->rate = column;
        else
            report->limits[report->n_limits++] = (flx_report_limit){column, service};
        flx_column_place place =
            make_place(service, state->operation, instance, state->name);
        FLX_TRY(add_column(report, table, &place, FLX_STATE,
                           is_rate ? "1/s" : "millicores", error));
    }
    return FLX_OK;
}

static flx_status add_metrics(flx_report *report, flx_dataset *table, flx_error *error)
{
    for (int g = 0; g < report->n_groups; g++) {
        flx_report_group *group = &report->groups[g];
        const flx_service *deployed =
            &report->testbed->deployment->services[group->service];
        group->metrics = report->n_columns;
        for (int m = 0; m < deployed->n_metrics; m++) {
            flx_column_place place =
                make_place(group->service, deployed->operations[group->operation].name,
                           group->instance, deployed->metrics[m]);
            FLX_TRY(add_column(report, table, &place, FLX_METRIC, "us", error));
        }
    }
    return FLX_OK;
}

/* Walks all columns in order; once without a table to count them, once to name them. */
static flx_status add_columns(flx_report *report, flx_dataset *table, flx_error *error)
{
    const flx_deployment *deployment = report->testbed->deployment;
    report->n_columns = 0;
    report->n_limits = 0;
    for (int s = 0; s < deployment->n_services; s++)
        for (int k = 0; k < deployment->services[s].n_knobs; k++) {
            const flx_knob *knob = &deployment->services[s].knobs[k];
            flx_column_place place = make_place(s, "", -1, knob->name);
            FLX_TRY(add_column(report, table, &place, FLX_KNOB, knob->unit, error));
        }
    for (int s = 0; s < deployment->n_services; s++)
        for (int i = 0; i < deployment->services[s].n_states; i++)
            FLX_TRY(
                add_state(report, table, s, &deployment->services[s].states[i], error));
    return add_metrics(report, table, error);
}

static flx_status lay_out(flx_report *report, int rows, flx_dataset **table,
                          flx_error *error)
{
    const flx_deployment *deployment = report->testbed->deployment;
    size_t groups = 0, columns = 0;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        groups += (size_t)count_views(service) * (size_t)service->n_operations;
        columns += (size_t)count_views(service) * (size_t)service->n_states;
    }
    if (!FLX_NEW(report->groups, groups) || !FLX_NEW(report->limits, columns))
        return flx_no_memory(error, "a report of %zu columns", columns);
    for (int s = 0; s < deployment->n_services; s++)
        FLX_TRY(add_service(report, s, error));
    FLX_TRY(add_columns(report, NULL, error));
    FLX_TRY(flx_dataset_create(rows, report->n_columns, table, error));
    return add_columns(report, *table, error);
}

flx_status flx_report_create(const flx_testbed *testbed, int rows, flx_report **out,
                             flx_dataset **table, flx_error *error)
{
    *out = NULL;
    *table = NULL;
    flx_report *report;
    if (!FLX_NEW(report, 1))
        return flx_no_memory(error, "a report");
    report->testbed = testbed;
    flx_status status = lay_out(report, rows, table, error);
    if (status == FLX_OK) {
        *out = report;
        return FLX_OK;
    }
    flx_dataset_destroy(*table);
    *table = NULL;
    flx_report_destroy(report);
    return status;
}

void flx_report_destroy(flx_report *report)
{
    if (!report)
        return;
    free(report->limits);
    free(report->groups);
    free(report);
}
