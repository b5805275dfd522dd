/* SPDX-License-Identifier: MIT
 * jansson does not keep the lines of values. Once the text is known to be good JSON,
 * text and tree are walked through together (jansson keeps the order of keys, and
 * duplicates were refused), and the line of every key, item and value is recorded. */
#include "formats/json/json_source.h"

#include "formats/files.h"
#include "formats/memory.h"
#include "formats/names.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JSON_BYTES = 256 * 1024 * 1024 };

/* Where a key of an object or an item of an array stands, and its value. */
typedef struct {
    const json_t *owner; /* NULL for the root */
    const char *key;     /* borrowed from jansson; NULL for an item */
    size_t index;
    const json_t *value;
    int line, value_line;
} mark;

struct flx_json_source {
    char *place;
    json_t *root;
    mark *marks;
    size_t n_marks, room;
};

typedef struct {
    const char *next, *end;
    int line;
    flx_json_source *source;
    bool is_short_of_memory;
} walker;

static void skip_space(walker *w)
{
    while (w->next < w->end && strchr(" \t\r\n,:", *w->next)) {
        w->line += *w->next == '\n';
        w->next++;
    }
}

static void skip_string(walker *w)
{
    for (w->next++; w->next < w->end && *w->next != '"'; w->next++)
        w->next += *w->next == '\\';
    w->next++;
}

static void skip_literal(walker *w)
{
    while (w->next < w->end && !strchr(" \t\r\n,:]}", *w->next))
        w->next++;
}

static void add_mark(walker *w, mark found)
{
    flx_json_source *source = w->source;
    if (FLX_GROW(source->marks, source->room, source->n_marks + 1))
        source->marks[source->n_marks++] = found;
    else
        w->is_short_of_memory = true;
}

static void walk_value(walker *w, const json_t *value);

static void walk_object(walker *w, json_t *object)
{
    w->next++;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        skip_space(w);
        mark found = {.owner = object, .key = key, .value = value, .line = w->line};
        skip_string(w);
        skip_space(w);
        found.value_line = w->line;
        add_mark(w, found);
        walk_value(w, value);
    }
    skip_space(w);
    w->next++;
}

static void walk_array(walker *w, const json_t *array)
{
    w->next++;
    for (size_t i = 0; i < json_array_size(array); i++) {
        skip_space(w);
        const json_t *value = json_array_get(array, i);
        add_mark(w, (mark){array, NULL, i, value, w->line, w->line});
        walk_value(w, value);
    }
    skip_space(w);
    w->next++;
}

/* As deep as jansson's own parser went, which is bounded (2048). */
static void walk_value(walker *w, const json_t *value)
{
    if (w->is_short_of_memory)
        return;
    if (json_is_object(value))
        walk_object(w, (json_t *)(uintptr_t)value);
    else if (json_is_array(value))
        walk_array(w, value);
    else if (json_is_string(value))
        skip_string(w);
    else
        skip_literal(w);
}

static flx_status record_lines(flx_json_source *source, const char *text, size_t length,
                               flx_error *error)
{
    walker w = {.next = text, .end = text + length, .line = 1, .source = source};
    skip_space(&w);
    add_mark(&w, (mark){NULL, NULL, 0, source->root, w.line, w.line});
    walk_value(&w, source->root);
    if (w.is_short_of_memory)
        return flx_no_memory(error, "%s", source->place);
    return FLX_OK;
}

/* Texts from a file may hold line ends; an error message must not. */
static void show_on_one_line(char *text)
{
    for (char *c = text; *c; c++)
        if (flx_is_control(*c))
            *c = '?';
}

static flx_status fail_syntax(const char *place, json_error_t *found, flx_error *error)
{
    show_on_one_line(found->text);
    int column = found->column > 0 ? found->column : 1;
    return flx_fail(error, FLX_BAD_INPUT, "%s line %d: column %d: %s", place,
                    found->line > 0 ? found->line : 1, column, found->text);
}

flx_status flx_json_source_parse(const char *text, size_t length, const char *place,
                                 flx_json_source **out, flx_error *error)
{
    *out = NULL;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    flx_json_source *source;
    if (!FLX_NEW(source, 1))
        return flx_no_memory(error, "%s", place);
    json_error_t found;
    source->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &found);
    flx_status status = flx_copy_text(place, &source->place, error);
    if (status == FLX_OK)
        status = source->root ? record_lines(source, text, length, error)
                              : fail_syntax(place, &found, error);
    if (status != FLX_OK) {
        flx_json_source_destroy(source);
        return status;
    }
    *out = source;
    return FLX_OK;
}

flx_status flx_json_source_read(const char *path, flx_json_source **out, flx_error *error)
{
    *out = NULL;
    FLX_SCOPED char *text = NULL;
    size_t length;
    FLX_TRY(flx_text_file_read(path, MAX_JSON_BYTES, &text, &length, error));
    return flx_json_source_parse(text, length, path, out, error);
}

void flx_json_source_destroy(flx_json_source *source)
{
    if (!source)
        return;
    free(source->marks);
    json_decref(source->root);
    free(source->place);
    free(source);
}

json_t *flx_json_root(const flx_json_source *source)
{
    return source->root;
}

const char *flx_json_place(const flx_json_source *source)
{
    return source->place;
}

int flx_json_line(const flx_json_source *source, const json_t *node)
{
    for (size_t i = 0; i < source->n_marks; i++)
        if (source->marks[i].value == node)
            return source->marks[i].value_line;
    return 1;
}

int flx_json_key_line(const flx_json_source *source, const json_t *object,
                      const char *key)
{
    for (size_t i = 0; i < source->n_marks; i++) {
        const mark *m = &source->marks[i];
        if (m->owner == object && m->key && strcmp(m->key, key) == 0)
            return m->line;
    }
    return flx_json_line(source, object);
}

int flx_json_item_line(const flx_json_source *source, const json_t *array, size_t index)
{
    for (size_t i = 0; i < source->n_marks; i++) {
        const mark *m = &source->marks[i];
        if (m->owner == array && !m->key && m->index == index)
            return m->line;
    }
    return flx_json_line(source, array);
}

flx_status flx_json_fail(const flx_json_source *source, int line, flx_error *error,
                         const char *format, ...)
{
    char sentence[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    show_on_one_line(sentence);
    return flx_fail(error, FLX_BAD_INPUT, "%s line %d: %s", source->place, line,
                    sentence);
}
