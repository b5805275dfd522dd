/* SPDX-License-Identifier: MIT
 * The whole document is made before the first byte is written: a document that cannot be
 * made leaves standard output empty. */
#include "host/commands/frame/report.h"

#include "formats/memory.h"
#include "host/commands/frame/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* 15 digits: enough to tell any two results apart, and 0.9 stays 0.9. */
flx_status flx_print_json(json_t *document, flx_error *error)
{
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(15);
    char *text = document ? json_dumps(document, flags) : NULL;
    json_decref(document);
    if (!text)
        return flx_fail(
            error, FLX_NUMERIC,
            "the JSON report could not be made: out of memory, a number that is "
            "not finite, or a name that is not UTF-8");
    bool is_written = puts(text) >= 0 && fflush(stdout) == 0;
    free(text);
    if (!is_written)
        return flx_fail(error, FLX_IO_FAILED,
                        "writing the JSON report to standard output failed");
    return FLX_OK;
}

flx_status flx_report(const flx_arguments *arguments, json_t *document, json_t *of_text,
                      void (*print_text)(json_t *document), flx_error *error)
{
    json_auto_t *further = of_text;
    if (!document || flx_wants_json(arguments))
        return flx_print_json(document, error);
    json_object_update(document, further);
    print_text(document);
    json_decref(document);
    return FLX_OK;
}

json_t *flx_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* The value of the first `length` bytes of a dotted key. */
static json_t *find(const json_t *document, const char *key, size_t length)
{
    char part[64];
    const char *dot = memchr(key, '.', length);
    size_t first = dot ? (size_t)(dot - key) : length;
    snprintf(part, sizeof part, "%.*s", (int)first, key);
    json_t *value = json_object_get(document, part);
    return dot ? find(value, dot + 1, length - first - 1) : value;
}

json_t *flx_json_find(const json_t *document, const char *key)
{
    return find(document, key, strlen(key));
}

static void write_date(time_t seconds, FILE *out)
{
    struct tm utc;
    char text[32];
    if (gmtime_r(&seconds, &utc) && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &utc))
        fputs(text, out);
}

static void write_number(const json_t *value, const char *how, FILE *out)
{
    char format[24];
    double number = json_number_value(value);
    size_t length = strlen(how);
    if (strcmp(how, "date") == 0) {
        write_date((time_t)number, out);
    } else if (length == 0 && json_is_integer(value)) {
        fprintf(out, "%lld", (long long)json_integer_value(value));
    } else if (length > 0 && how[length - 1] == '%') {
        snprintf(format, sizeof format, "%%%.*sf %%%%", (int)length - 1, how);
        fprintf(out, format, 100 * number);
    } else {
        snprintf(format, sizeof format, "%%%s", length ? how : ".5g");
        fprintf(out, format, number);
    }
}

static void write_string(const char *text, const char *how, FILE *out)
{
    char *cut = *how == '.' ? strndup(text, (size_t)atoi(how + 1)) : NULL;
    flx_text_put(cut ? cut : text, out);
    free(cut);
}

static void write_value(const json_t *value, const char *how, FILE *out)
{
    size_t i;
    json_t *item;
    if (json_is_string(value))
        write_string(json_string_value(value), how, out);
    else if (json_is_number(value))
        write_number(value, how, out);
    else if (json_is_boolean(value)) {
        const char *words = *how ? how : "yes|no", *bar = strchr(words, '|');
        bool is_true = json_is_true(value);
        fprintf(out, "%.*s", is_true ? (int)(bar - words) : -1,
                is_true ? words : bar + 1);
    } else if (json_is_array(value)) {
        json_array_foreach((json_t *)value, i, item) {
            fputs(i ? ", " : "", out);
            write_value(item, how, out);
        }
    } else
        fputc('-', out);
}

static bool is_empty(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) == 0;
}

static bool says_something(const json_t *value)
{
    return json_string_length(value) > 0 || json_number_value(value) != 0 ||
           json_array_size(value) > 0 || json_object_size(value) > 0 ||
           json_is_true(value);
}

void flx_write_filled(const json_t *document, const char *format, FILE *out)
{
    for (const char *open; (open = strchr(format, '{')); format++) {
        char how[32];
        fwrite(format, 1, (size_t)(open - format), out);
        format = strchr(open, '}');
        bool is_optional = open[1] == ' ' || open[1] == '?';
        const char *key = open + 1 + is_optional;
        const char *end = key + strcspn(key, ":}");
        const json_t *value = find(document, key, (size_t)(end - key));
        snprintf(how, sizeof how, "%.*s", end < format ? (int)(format - end) - 1 : 0,
                 end + 1);
        if (is_optional && (!value || json_is_null(value) || is_empty(value)))
            continue;
        fputs(open[1] == ' ' ? " " : "", out);
        write_value(value, how, out);
    }
    fputs(format, out);
}

json_t *flx_json_filled(const json_t *document, const char *format)
{
    FLX_SCOPED char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    flx_write_filled(document, format, out);
    fclose(out);
    return json_string(text);
}

void flx_print_line(const json_t *document, const char *format)
{
    flx_write_filled(document, format, stdout);
    putchar('\n');
}

void flx_print_line_if(const json_t *document, const char *key, const char *format)
{
    if (says_something(flx_json_find(document, key)))
        flx_print_line(document, format);
}
