/* SPDX-License-Identifier: MIT */
#include "host/engine/deployment_editor.h"

#include "formats/deployment.h"
#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

json_t *flx_document_of(const flx_deployment *deployment)
{
    return flx_deployment_describe(deployment);
}

flx_status flx_document_parse(const json_t *document, const char *place,
                              flx_deployment **out, flx_error *error)
{
    *out = NULL;
    char *text = json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    if (!text)
        return flx_no_memory(error, "%s", place);
    flx_status status = flx_deployment_parse(text, place, out, error);
    free(text);
    return status;
}

json_t *flx_document_knobs(const flx_knob *knobs, int count)
{
    json_t *list = json_array();
    bool is_whole = list != NULL;
    for (int k = 0; k < count && is_whole; k++) {
        flx_knob knob = knobs[k];
        char none[] = "";
        knob.unit = knob.unit ? knob.unit : none;
        is_whole = json_array_append_new(list, flx_knob_describe(&knob)) == 0;
    }
    if (is_whole)
        return list;
    json_decref(list);
    return NULL;
}

static const char *name_of(const json_t *entry)
{
    return json_is_string(entry) ? json_string_value(entry)
                                 : json_string_value(json_object_get(entry, "name"));
}

static const char *find_operation(const json_t *service, const char *name)
{
    const json_t *operations = json_object_get(service, "operations");
    for (size_t o = 0; o < json_array_size(operations); o++) {
        const char *candidate = name_of(json_array_get(operations, o));
        if (strcmp(candidate, name) == 0)
            return candidate;
    }
    return NULL;
}

bool flx_document_find(const json_t *document, const char *text, json_t **service,
                       const char **operation)
{
    const json_t *services = json_object_get(document, "services");
    size_t longest = 0;
    *service = NULL;
    for (size_t s = 0; s < json_array_size(services); s++) {
        json_t *candidate = json_array_get(services, s);
        const char *name = name_of(candidate), *found = NULL;
        size_t length = strlen(name);
        if (strncmp(text, name, length) != 0 || (*service && length < longest))
            continue;
        if (text[length] == '.')
            found = find_operation(candidate, text + length + 1);
        if (text[length] != '\0' && !found)
            continue;
        *service = candidate;
        *operation = found;
        longest = length;
    }
    return *service != NULL;
}

json_t *flx_document_calls(const json_t *service, size_t number)
{
    const json_t *operations = json_object_get(service, "operations");
    json_t *own = json_object_get(service, "calls");
    if (own && number-- == 0)
        return own;
    for (size_t o = 0; o < json_array_size(operations); o++) {
        json_t *calls = json_object_get(json_array_get(operations, o), "calls");
        if (calls && number-- == 0)
            return calls;
    }
    return NULL;
}

/* The list of calls of one operation, which from now on has its own. */
static json_t *own_calls(json_t *service, const char *operation)
{
    json_t *operations = json_object_get(service, "operations");
    for (size_t o = 0; o < json_array_size(operations); o++) {
        json_t *entry = json_array_get(operations, o);
        if (strcmp(name_of(entry), operation) != 0)
            continue;
        if (json_is_string(entry)) {
            json_t *object = json_pack("{s:s}", "name", operation);
            json_array_set_new(operations, o, object);
            entry = json_array_get(operations, o);
        }
        if (!json_object_get(entry, "calls"))
            json_object_set_new(entry, "calls",
                                json_deep_copy(json_object_get(service, "calls")));
        return json_object_get(entry, "calls");
    }
    return NULL;
}

static bool append_call(json_t *calls, const char *callee)
{
    for (size_t i = 0; i < json_array_size(calls); i++)
        if (strcmp(json_string_value(json_array_get(calls, i)), callee) == 0)
            return true;
    return json_array_append_new(calls, json_string(callee)) == 0;
}

static flx_status fail_unknown(const char *text, flx_error *error)
{
    return flx_fail(error, FLX_BAD_INPUT,
                    "%s is no declared service or operation: declare it first", text);
}

flx_status flx_document_connect(json_t *document, const char *callee, const char *caller,
                                flx_error *error)
{
    json_t *from, *to;
    const char *operation;
    if (!flx_document_find(document, callee, &from, &operation))
        return fail_unknown(callee, error);
    if (!flx_document_find(document, caller, &to, &operation))
        return fail_unknown(caller, error);
    bool is_whole = true;
    if (operation)
        is_whole = append_call(own_calls(to, operation), callee);
    else if (!json_object_get(to, "calls"))
        is_whole = json_object_set_new(to, "calls", json_array()) == 0;
    for (size_t i = 0; !operation && flx_document_calls(to, i); i++)
        is_whole = append_call(flx_document_calls(to, i), callee) && is_whole;
    return is_whole ? FLX_OK : flx_no_memory(error, "the calls of %s", caller);
}
