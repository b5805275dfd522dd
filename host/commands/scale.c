/* SPDX-License-Identifier: MIT
 * fluxion scale: the graph follows a service that has another number of instances. */
#include "host/commands/change_report.h"
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/engine.h"

#include <errno.h>
#include <stdlib.h>

static flx_status read_instances(const char *text, int *out, flx_error *error)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < 0 || value > 1000000000)
        return flx_fail(error, FLX_BAD_INPUT,
                        "'%s' is no number of instances: fluxion scale MODEL/ SERVICE N",
                        text);
    *out = (int)value;
    return FLX_OK;
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0);
    FLX_OWNED(flx_model) model = NULL;
    FLX_CLEARED(flx_change_clear) flx_change change = {0};
    int instances = 0;
    FLX_TRY(read_instances(flx_positional(arguments, 2), &instances, error));
    FLX_TRY(flx_model_read(path, &model, error));
    FLX_TRY(flx_graph_engine_scale(model, flx_positional(arguments, 1), instances,
                                   &change, error));
    return flx_finish_change(arguments, model, &change, path, error);
}

const flx_command flx_scale_command = {
    .name = "scale",
    .summary = "follow a service to another number of instances",
    .usage = "MODEL/ SERVICE N [--json]",
    .details =
        "All instances share their learning assignment. What callers see is a "
        "service-vertex over them, which works at once by a rule (the mean of the "
        "instances, weighted by their rates) until 'fluxion fit' trains it. Nothing else "
        "changes. The model folder is replaced as a whole.",
    .min_positional = 3,
    .max_positional = 3,
    .run = run,
};
