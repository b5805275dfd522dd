/* SPDX-License-Identifier: MIT
 * Reads a spectrum of metrics: a list of names between commas. */
#include "host/graph/metric_list.h"

#include "formats/memory.h"

#include <stdlib.h>
#include <string.h>

static const char SPACES[] = " \t\r\n";

void flx_metric_list_clear(flx_metric_list *list)
{
    for (int k = 0; k < list->n; k++)
        free(list->names[k]);
    free(list->names);
    *list = (flx_metric_list){0};
}

static size_t count_commas(const char *text)
{
    size_t commas = 0;
    for (; *text; text++)
        commas += *text == ',';
    return commas;
}

/* The name in [from, from + length) joins the list. */
static flx_status add_name(const char *from, size_t length, const char *text,
                           flx_metric_list *list, flx_error *error)
{
    size_t leading = strspn(from, SPACES);
    leading = leading < length ? leading : length;
    from += leading;
    length -= leading;
    while (length > 0 && strchr(SPACES, from[length - 1]))
        length--;
    if (length == 0)
        return flx_fail(
            error, FLX_BAD_INPUT,
            "--spectrum \"%s\": name %d is empty; give metrics between commas, "
            "such as p50,p90",
            text, list->n + 1);
    char *name = strndup(from, length);
    if (!name)
        return flx_no_memory(error, "the spectrum \"%s\"", text);
    list->names[list->n++] = name;
    if (strcmp(name, "select") == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "--spectrum \"%s\": select chooses among all metrics and stands "
                        "alone",
                        text);
    for (int k = 0; k < list->n - 1; k++)
        if (strcmp(list->names[k], name) == 0)
            return flx_fail(error, FLX_BAD_INPUT,
                            "--spectrum \"%s\": the metric \"%s\" is given twice", text,
                            name);
    return FLX_OK;
}

flx_status flx_metric_list_parse(const char *text, flx_metric_list *out, flx_error *error)
{
    *out = (flx_metric_list){0};
    if (!text)
        return FLX_OK;
    out->is_selected = strcmp(text, "select") == 0;
    if (out->is_selected)
        return FLX_OK;
    if (!FLX_NEW(out->names, count_commas(text) + 1))
        return flx_no_memory(error, "the spectrum \"%s\"", text);
    flx_status status = FLX_OK;
    for (const char *from = text; status == FLX_OK;) {
        size_t length = strcspn(from, ",");
        status = add_name(from, length, text, out, error);
        from += length;
        if (!*from)
            break;
        from++;
    }
    if (status != FLX_OK)
        flx_metric_list_clear(out);
    return status;
}
