/* SPDX-License-Identifier: MIT */
#include "host/commands/info.h"

#include "kernels/backend.h"

/* A backend as it is here: its own description, or why there is none. */
static json_t *describe_backend(const char *name)
{
    flx_backend *backend = NULL;
    flx_error error = {0};
    bool is_here = flx_backend_open(name, 0, &backend, &error) == FLX_OK;
    json_t *item =
        json_pack("{s:s, s:b, s:s}", "name", name, "available", (int)is_here,
                  "description", is_here ? backend->description : error.message);
    flx_backend_close(backend);
    return item;
}

static void print_text(json_t *report)
{
    json_t *backend;
    size_t i;
    flx_print_line(report, "fluxion {version}");
    json_array_foreach(json_object_get(report, "backends"), i, backend)
        flx_print_line(backend, "{name}: {description}");
    flx_print_line(report, "\n{backend_note}");
}

flx_status flx_info_report_backends(const flx_arguments *arguments, flx_error *error)
{
    return flx_report(arguments,
                      json_pack("{s:s, s:[o, o], s:s}", "version", FLX_VERSION,
                                "backends", describe_backend("cpu"),
                                describe_backend("cuda"), "backend_note", FLX_CUDA_NOTE),
                      NULL, print_text, error);
}
