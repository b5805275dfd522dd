/* SPDX-License-Identifier: MIT */
#include "formats/deployment/deployment.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_inputs(flx_input *inputs, int count)
{
    for (int i = 0; inputs && i < count; i++) {
        free(inputs[i].operation);
        free(inputs[i].name);
    }
    free(inputs);
}

static void release_texts(char **texts, int count)
{
    for (int i = 0; texts && i < count; i++)
        free(texts[i]);
    free(texts);
}

static void release_knob(flx_knob *knob)
{
    free(knob->name);
    free(knob->unit);
    free(knob->values);
    release_texts(knob->labels, knob->n_values);
}

static void release_operation(flx_operation *operation)
{
    free(operation->name);
    free(operation->calls);
    release_inputs(operation->inputs, operation->n_inputs);
}

static void release_service(flx_service *service)
{
    free(service->name);
    for (int i = 0; service->operations && i < service->n_operations; i++)
        release_operation(&service->operations[i]);
    free(service->operations);
    for (int i = 0; service->knobs && i < service->n_knobs; i++)
        release_knob(&service->knobs[i]);
    free(service->knobs);
    release_inputs(service->states, service->n_states);
    release_texts(service->metrics, service->n_metrics);
}

void flx_deployment_destroy(flx_deployment *deployment)
{
    if (!deployment)
        return;
    for (int i = 0; deployment->services && i < deployment->n_services; i++)
        release_service(&deployment->services[i]);
    free(deployment->services);
    free(deployment->target_metric);
    free(deployment->name);
    free(deployment);
}

int flx_deployment_find_service(const flx_deployment *deployment, const char *name)
{
    for (int i = 0; i < deployment->n_services; i++)
        if (strcmp(deployment->services[i].name, name) == 0)
            return i;
    return -1;
}

int flx_service_find_operation(const flx_service *service, const char *name)
{
    for (int i = 0; i < service->n_operations; i++)
        if (strcmp(service->operations[i].name, name) == 0)
            return i;
    return -1;
}

int flx_service_find_knob(const flx_service *service, const char *name)
{
    for (int i = 0; i < service->n_knobs; i++)
        if (strcmp(service->knobs[i].name, name) == 0)
            return i;
    return -1;
}

int flx_service_find_metric(const flx_service *service, const char *name)
{
    for (int i = 0; i < service->n_metrics; i++)
        if (strcmp(service->metrics[i], name) == 0)
            return i;
    return -1;
}

int flx_service_find_state(const flx_service *service, const char *operation,
                           const char *name)
{
    for (int i = 0; i < service->n_states; i++)
        if (strcmp(service->states[i].operation, operation) == 0 &&
            strcmp(service->states[i].name, name) == 0)
            return i;
    return -1;
}

int flx_knob_find_label(const flx_knob *knob, const char *label)
{
    for (int i = 0; i < knob->n_values; i++)
        if (strcmp(knob->labels[i], label) == 0)
            return i;
    return -1;
}

bool flx_knob_lists(const flx_knob *knob, double value)
{
    bool is_listed = knob->n_values == 0;
    for (int i = 0; i < knob->n_values; i++)
        is_listed |= knob->values[i] == value;
    return is_listed;
}

bool flx_is_rate(const char *state)
{
    size_t length = strlen(state);
    return length >= 3 && strcmp(state + length - 3, "rps") == 0;
}

int flx_deployment_count_instances(const flx_deployment *deployment)
{
    int instances = 0;
    for (int i = 0; i < deployment->n_services; i++)
        instances += deployment->services[i].replicas;
    return instances;
}

char *flx_column_text(const char *service, const char *operation, int instance,
                      const char *name)
{
    char place[16] = "", *text = NULL;
    if (instance >= 0)
        snprintf(place, sizeof place, "/%d", instance);
    const char *dot = operation && operation[0] ? "." : "";
    int wrote = asprintf(&text, "%s%s%s%s:%s", service, dot, operation ? operation : "",
                         place, name);
    return wrote < 0 ? NULL : text;
}

/* Length of the text before "/DIGITS" at its end; *instance is -1 where there is none. */
static int split_instance(const char *text, int length, int *instance)
{
    int start = length;
    while (start > 0 && isdigit((unsigned char)text[start - 1]))
        start--;
    int digits = length - start;
    *instance = -1;
    bool has_leading_zero = digits > 1 && text[start] == '0';
    if (digits < 1 || digits > 9 || has_leading_zero || start < 1 ||
        text[start - 1] != '/')
        return length;
    *instance = atoi(text + start);
    return start - 1;
}

/* What follows the service: "", ".OPERATION", "/INSTANCE" or both. */
static bool read_rest(const char *rest, int length, flx_column_place *place)
{
    length = split_instance(rest, length, &place->instance);
    if (length == 0) {
        place->operation[0] = '\0';
        return true;
    }
    if (rest[0] != '.' || length < 2 || (size_t)length > sizeof place->operation)
        return false;
    memcpy(place->operation, rest + 1, (size_t)length - 1);
    place->operation[length - 1] = '\0';
    return true;
}

bool flx_column_parse(const flx_deployment *deployment, const char *column,
                      flx_column_place *place)
{
    const char *colon = strrchr(column, ':');
    if (!colon || colon[1] == '\0')
        return false;
    int owner = (int)(colon - column), longest = -1;
    for (int i = 0; i < deployment->n_services; i++) {
        const char *name = deployment->services[i].name;
        int length = (int)strlen(name);
        flx_column_place found = {.service = i, .name = colon + 1};
        if (length <= longest || length > owner ||
            strncmp(name, column, (size_t)length) != 0 ||
            !read_rest(column + length, owner - length, &found))
            continue;
        *place = found;
        longest = length;
    }
    return longest >= 0;
}

bool flx_deployment_resolve(const flx_deployment *deployment, const char *text,
                            flx_call *found)
{
    int longest = -1;
    for (int s = 0; s < deployment->n_services; s++) {
        const flx_service *service = &deployment->services[s];
        int length = (int)strlen(service->name), operation = -1;
        if (length <= longest || strncmp(service->name, text, (size_t)length) != 0)
            continue;
        if (text[length] == '.')
            operation = flx_service_find_operation(service, text + length + 1);
        if (text[length] != '\0' && (operation < 0 || text[length + 1] == '\0'))
            continue;
        *found = (flx_call){s, operation};
        longest = length;
    }
    return longest >= 0;
}

static flx_status parse_label(const flx_knob *knob, const char *text, double *value,
                              flx_error *error)
{
    int label = flx_knob_find_label(knob, text);
    if (label < 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "knob %s: \"%s\" is none of its %d choices (the first is \"%s\")",
                        knob->name, text, knob->n_values, knob->labels[0]);
    *value = label;
    return FLX_OK;
}

flx_status flx_knob_parse(const flx_knob *knob, const char *text, double *value,
                          flx_error *error)
{
    if (knob->type == FLX_CHOICES)
        return parse_label(knob, text, value, error);
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end || !isfinite(number))
        return flx_fail(error, FLX_BAD_INPUT, "knob %s: \"%s\" is not a number",
                        knob->name, text);
    if (number < knob->min || number > knob->max)
        return flx_fail(error, FLX_BAD_INPUT, "knob %s: %s is outside %.15g to %.15g",
                        knob->name, text, knob->min, knob->max);
    if (!flx_knob_lists(knob, number))
        return flx_fail(error, FLX_BAD_INPUT, "knob %s: %s is none of its %d values",
                        knob->name, text, knob->n_values);
    if (knob->type == FLX_DISCRETE && knob->n_values == 0 && number != floor(number))
        return flx_fail(error, FLX_BAD_INPUT, "knob %s: %s is not an integer", knob->name,
                        text);
    *value = number;
    return FLX_OK;
}
