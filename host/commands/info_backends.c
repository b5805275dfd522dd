/* SPDX-License-Identifier: MIT */
#include "host/commands/info_backends.h"

#include "host/commands/frame.h"
#include "kernels/backend.h"

#include <jansson.h>
#include <stdio.h>

static const char *const names[] = {"cpu", "cuda"};
enum { N_BACKENDS = sizeof names / sizeof *names };

/* A backend as it is here: its own description, or why there is none. */
typedef struct {
    bool is_here;
    char text[sizeof((flx_error *)0)->message];
} finding;

static finding look_for(const char *name)
{
    finding found = {0};
    flx_backend *backend = NULL;
    flx_error error = {0};
    found.is_here = flx_backend_open(name, 0, &backend, &error) == FLX_OK;
    snprintf(found.text, sizeof found.text, "%s",
             found.is_here ? backend->description : error.message);
    flx_backend_close(backend);
    return found;
}

static json_t *describe(const finding *findings)
{
    json_t *backends = json_array();
    for (int i = 0; i < N_BACKENDS; i++)
        json_array_append_new(backends, json_pack("{s:s, s:b, s:s}", "name", names[i],
                                                  "available", (int)findings[i].is_here,
                                                  "description", findings[i].text));
    return json_pack("{s:s, s:o, s:s}", "version", FLX_VERSION, "backends", backends,
                     "backend_note", FLX_CUDA_NOTE);
}

flx_status flx_info_print_backends(bool as_json, flx_error *error)
{
    finding findings[N_BACKENDS];
    for (int i = 0; i < N_BACKENDS; i++)
        findings[i] = look_for(names[i]);
    if (as_json)
        return flx_print_json(describe(findings), error);
    printf("fluxion %s\n", FLX_VERSION);
    for (int i = 0; i < N_BACKENDS; i++)
        printf("%-5s %s\n", names[i], findings[i].text);
    printf("\n%s\n", FLX_CUDA_NOTE);
    return FLX_OK;
}
