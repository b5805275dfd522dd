/* SPDX-License-Identifier: MIT
 * fluxion replace: the graph follows a service that another one has replaced. */
#include "host/commands/change_report.h"
#include "host/commands/commands.h"

#include "host/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const flx_option options[] = {
    {.name = "from",
     .type = FLX_TEXT,
     .argument = "OTHER_MODEL/[:SERVICE]",
     .help = "the model that knows the new service, and its name there (required)"},
    {0}};

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Splits OTHER_MODEL/:SERVICE: at the first ':' behind which no folder ends. */
static flx_status split(const char *text, char **path, const char **service,
                        flx_error *error)
{
    *service = NULL;
    *path = strdup(text);
    if (!*path)
        return flx_fail(error, FLX_NO_MEMORY, "out of memory for a path");
    for (char *colon = strchr(*path, ':'); colon && !is_directory(*path);
         colon = strchr(colon + 1, ':')) {
        *colon = '\0';
        if (is_directory(*path) && colon[1] != '\0') {
            *service = text + (colon - *path) + 1;
            return FLX_OK;
        }
        *colon = ':';
    }
    return FLX_OK; /* what is no folder fails when it is read */
}

static flx_status run(const flx_arguments *arguments, flx_error *error)
{
    const char *path = flx_positional(arguments, 0), *from, *service;
    char *other_path = NULL;
    flx_model *model = NULL, *other = NULL;
    flx_change change = {0};
    FLX_TRY(flx_required_text(arguments, "from", &from, error));
    flx_status status = split(from, &other_path, &service, error);
    if (status == FLX_OK)
        status = flx_model_read(path, &model, error);
    if (status == FLX_OK)
        status = flx_model_read(other_path, &other, error);
    if (status == FLX_OK)
        status = flx_graph_engine_replace(model, flx_positional(arguments, 1), other,
                                          service, &change, error);
    if (status == FLX_OK)
        status = flx_model_update(model, path, &change, error);
    if (status == FLX_OK)
        status = flx_change_report_print(arguments, model, &change, path, error);
    flx_change_clear(&change);
    flx_model_destroy(other);
    flx_model_destroy(model);
    free(other_path);
    return status;
}

const flx_command flx_replace_command = {
    .name = "replace",
    .summary = "follow a service that another one has replaced",
    .usage = "MODEL/ SERVICE --from OTHER_MODEL/[:SERVICE] [--json]",
    .details =
        "SERVICE becomes what the other model knows under that name (or under the one\n"
        "given), with its learning assignments; its name and number of instances stay.\n"
        "Callers find their inputs again by label: what nothing gives any more is held "
        "at\n"
        "its training median and listed as unmatched. The model folder is replaced as a\n"
        "whole; the other one is only read.\n",
    .options = options,
    .min_positional = 2,
    .max_positional = 2,
    .run = run,
};
