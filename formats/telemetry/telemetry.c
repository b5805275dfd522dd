/* SPDX-License-Identifier: MIT
 * Read by jansson, which is strict (UTF-8, no NaN, no repeated keys) and takes about
 * two microseconds a line: a second, faster reader could disagree with it. */
#include "formats/telemetry/telemetry.h"

#include "formats/names.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double largest_exact = 9007199254740992.0; /* 2^53 */

/* "all", or a number without leading zeros, which would make two addresses of one. */
static bool reads_as_index(const char *text, size_t length, int *instance)
{
    *instance = -1;
    if (length == 3 && memcmp(text, "all", 3) == 0)
        return true;
    if (length < 1 || length > 9 || (length > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    *instance = atoi(text);
    return true;
}

/* The last '/' before `end`, or NULL. */
static const char *slash_before(const char *text, const char *end)
{
    return memrchr(text, '/', (size_t)(end - text));
}

bool flx_stream_uri_split(const char *uri, const char *system, flx_stream_parts *parts)
{
    size_t length = strlen(system);
    if (strncmp(uri, system, length) != 0 || uri[length] != '/')
        return false;
    const char *service = uri + length + 1;
    const char *name = slash_before(service, uri + strlen(uri));
    const char *index = name ? slash_before(service, name) : NULL;
    if (!index || index == service || name[1] == '\0' ||
        !reads_as_index(index + 1, (size_t)(name - index - 1), &parts->instance))
        return false;
    parts->service = service;
    parts->service_bytes = (int)(index - service);
    parts->name = name + 1;
    return true;
}

flx_status flx_stream_uri_check(const char *uri, flx_error *error)
{
    flx_stream_parts parts;
    char system[FLX_STREAM_URI_BYTES + 1];
    size_t length = strcspn(uri, "/");
    if (strlen(uri) > FLX_STREAM_URI_BYTES)
        return flx_fail(error, FLX_BAD_INPUT, "\"stream_uri\" is longer than %d bytes",
                        FLX_STREAM_URI_BYTES);
    memcpy(system, uri, length);
    system[length] = '\0';
    if (length == 0 || flx_has_control(uri) || !flx_stream_uri_split(uri, system, &parts))
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"stream_uri\" is \"%.200s\", expected "
                        "SYSTEM/SERVICE[.OPERATION]/INDEX/NAME, INDEX a number or all",
                        uri);
    if (strchr(parts.name, ':'))
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"stream_uri\" is \"%.200s\", its NAME may not hold ':'", uri);
    return FLX_OK;
}

static flx_status check_keys(json_t *document, flx_error *error)
{
    static const char *const keys[] = {"stream_uri", "type", "seq_num", "val"};
    enum { COUNT = sizeof keys / sizeof keys[0] };
    if (!json_is_object(document))
        return flx_fail(error, FLX_BAD_INPUT, "it is JSON, but no object");
    for (int i = 0; i < COUNT; i++)
        if (!json_object_get(document, keys[i]))
            return flx_fail(error, FLX_BAD_INPUT, "it has no \"%s\"", keys[i]);
    if (json_object_size(document) == COUNT)
        return FLX_OK;
    const char *key;
    json_t *value;
    json_object_foreach(document, key, value) {
        bool is_known = false;
        for (int i = 0; i < COUNT; i++)
            is_known = is_known || strcmp(key, keys[i]) == 0;
        if (!is_known)
            break;
    }
    return flx_fail(error, FLX_BAD_INPUT, "it has an unknown key \"%.100s\"", key);
}

static flx_status take_uri(json_t *document, flx_telemetry *out, flx_error *error)
{
    out->stream_uri = json_string_value(json_object_get(document, "stream_uri"));
    if (!out->stream_uri)
        return flx_fail(error, FLX_BAD_INPUT, "\"stream_uri\" is no text");
    return flx_stream_uri_check(out->stream_uri, error);
}

static flx_status take_type(json_t *document, flx_telemetry *out, flx_error *error)
{
    const char *text = json_string_value(json_object_get(document, "type"));
    for (int type = FLX_CONTINUOUS; text && type <= FLX_CHOICES; type++)
        if (strcmp(text, flx_knob_type_words[type]) == 0) {
            out->type = (flx_knob_type)type;
            return FLX_OK;
        }
    return flx_fail(error, FLX_BAD_INPUT,
                    "\"type\" is %s%.100s%s, expected \"continuous\", \"discrete\" or "
                    "\"choices\"",
                    text ? "\"" : "", text ? text : "no text", text ? "\"" : "");
}

static flx_status take_seq_num(json_t *document, flx_telemetry *out, flx_error *error)
{
    json_t *node = json_object_get(document, "seq_num");
    if (!json_is_integer(node))
        return flx_fail(error, FLX_BAD_INPUT, "\"seq_num\" is no integer");
    out->seq_num = json_integer_value(node);
    if (out->seq_num < 0 || out->seq_num > FLX_SEQ_NUM_MAX)
        return flx_fail(error, FLX_BAD_INPUT, "\"seq_num\" is %lld, expected 0 to %lld",
                        (long long)out->seq_num, (long long)FLX_SEQ_NUM_MAX);
    return FLX_OK;
}

static flx_status take_label(json_t *node, flx_telemetry *out, flx_error *error)
{
    out->label = json_string_value(node);
    if (!out->label)
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"val\" is no text, but \"type\" is \"choices\"");
    if (strlen(out->label) > FLX_STREAM_URI_BYTES)
        return flx_fail(error, FLX_BAD_INPUT, "\"val\" is longer than %d bytes",
                        FLX_STREAM_URI_BYTES);
    return FLX_OK;
}

static flx_status take_value(json_t *document, flx_telemetry *out, flx_error *error)
{
    json_t *node = json_object_get(document, "val");
    if (out->type == FLX_CHOICES)
        return take_label(node, out, error);
    if (!json_is_number(node))
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"val\" is no number, but \"type\" is \"%s\"",
                        flx_knob_type_words[out->type]);
    out->number = json_number_value(node);
    bool is_exact =
        fabs(out->number) <= largest_exact && floor(out->number) == out->number;
    if (out->type == FLX_DISCRETE && !is_exact)
        return flx_fail(error, FLX_BAD_INPUT,
                        "\"val\" is %.17g, but \"type\" is \"discrete\": an integer "
                        "within 2^53 is expected",
                        out->number);
    return FLX_OK;
}

flx_status flx_telemetry_parse(const char *line, size_t length, flx_telemetry *out,
                               flx_error *error)
{
    *out = (flx_telemetry){0};
    json_error_t complaint;
    json_t *document = json_loadb(line, length, JSON_REJECT_DUPLICATES, &complaint);
    if (!document)
        return flx_fail(error, FLX_BAD_INPUT, "it is no JSON: column %d: %s",
                        complaint.column, complaint.text);
    out->document = document;
    flx_status status = check_keys(document, error);
    if (status == FLX_OK)
        status = take_uri(document, out, error);
    if (status == FLX_OK)
        status = take_type(document, out, error);
    if (status == FLX_OK)
        status = take_seq_num(document, out, error);
    if (status == FLX_OK)
        status = take_value(document, out, error);
    if (status != FLX_OK)
        flx_telemetry_release(out);
    return status;
}

void flx_telemetry_release(flx_telemetry *telemetry)
{
    json_decref(telemetry->document);
    *telemetry = (flx_telemetry){0};
}
