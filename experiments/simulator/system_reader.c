/* SPDX-License-Identifier: MIT */
#include "experiments/simulator/system_reader.h"

#include <stdlib.h>
#include <string.h>

flx_status flx_system_get_text(const flx_json_source *source, const json_t *object,
                               const char *key, char **out, flx_error *error)
{
    const char *text = NULL;
    FLX_TRY(flx_json_get_text(source, object, key, true, &text, error));
    *out = strdup(text);
    return *out ? FLX_OK : flx_no_memory(error, "the text '%s'", text);
}

flx_status flx_system_get_positive(const flx_json_source *source, const json_t *object,
                                   const char *key, double above, double most,
                                   double *out, flx_error *error)
{
    FLX_TRY(flx_json_get_number(source, object, key, true, out, error));
    if (*out > above && *out <= most)
        return FLX_OK;
    return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                         "'%s' is %g but must be %s %g and at most %g", key, *out,
                         above < 0.0 ? "at least" : "above", above < 0.0 ? 0.0 : above,
                         most);
}

int flx_system_find_service(const flx_system *system, const char *name)
{
    for (int s = 0; s < system->n_services; s++)
        if (strcmp(system->services[s].name, name) == 0)
            return s;
    return -1;
}

int flx_system_find_endpoint(const flx_system *system, const char *text)
{
    for (int s = 0; s < system->n_services; s++) {
        const flx_system_service *service = &system->services[s];
        size_t length = strlen(service->name);
        if (strncmp(service->name, text, length) != 0 || text[length] != '.')
            continue;
        for (int e = 0; e < service->n_endpoints; e++) {
            int endpoint = service->first_endpoint + e;
            if (strcmp(system->endpoints[endpoint].name, text + length + 1) == 0)
                return endpoint;
        }
    }
    return -1;
}
