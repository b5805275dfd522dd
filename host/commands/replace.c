/* SPDX-License-Identifier: MIT
 * fluxion replace: the graph follows a service that another one has replaced. */
#include "host/commands/change_report.h"
#include "host/commands/commands.h"
#include "host/commands/owned.h"

#include "host/engine.h"

#include <string.h>
#include <sys/stat.h>

static const flx_option options[] = {
    OPT_TEXT("from", "OTHER_MODEL/[:SERVICE]",
             "the model that knows the new service, and its name there",
             .is_required = true),
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
        return flx_no_memory(error, "a path");
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
    const char *path = flx_positional(arguments, 0), *service;
    FLX_SCOPED char *other_path = NULL;
    FLX_OWNED(flx_model) model = NULL;
    FLX_OWNED(flx_model) other = NULL;
    FLX_CLEARED(flx_change_clear) flx_change change = {0};
    FLX_TRY(split(flx_text(arguments, "from", NULL), &other_path, &service, error));
    FLX_TRY(flx_model_read(path, &model, error));
    FLX_TRY(flx_model_read(other_path, &other, error));
    FLX_TRY(flx_graph_engine_replace(model, flx_positional(arguments, 1), other, service,
                                     &change, error));
    return flx_finish_change(arguments, model, &change, path, error);
}

const flx_command flx_replace_command = {
    .name = "replace",
    .summary = "follow a service that another one has replaced",
    .usage = "MODEL/ SERVICE --from OTHER_MODEL/[:SERVICE] [--json]",
    .details =
        "SERVICE becomes what the other model knows under that name, or under the one "
        "given, with its learning assignments; its name and number of instances stay. "
        "Callers find their inputs again by label. An input that nothing gives any more "
        "is held at its training median and listed. The model folder is replaced as a "
        "whole; the other one is only read.",
    .options = options,
    .min_positional = 2,
    .max_positional = 2,
    .run = run,
};
