/* SPDX-License-Identifier: MIT
 * Typed access to the values of a JSON source, with a precise sentence for every way in
 * which a value can be wrong. */
#include "formats/json/json_fields.h"

#include "formats/memory.h"
#include "formats/names.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *describe_type(const json_t *node)
{
    static const char *const words[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "a list",
        [JSON_STRING] = "a text",      [JSON_INTEGER] = "an integer",
        [JSON_REAL] = "a real number", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",        [JSON_NULL] = "null"};
    return words[json_typeof(node)];
}

/* "a, b or c", cut where the buffer ends. */
static void list_words(const char *const *words, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; words[i] && used < size; i++) {
        const char *between = i == 0 ? "" : words[i + 1] ? ", " : " or ";
        int wrote = snprintf(text + used, size - used, "%s%s", between, words[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

flx_status flx_json_check_keys(const flx_json_source *source, const json_t *node,
                               const char *what, const char *const *allowed,
                               flx_error *error)
{
    if (!json_is_object(node))
        return flx_json_fail(source, flx_json_line(source, node), error,
                             "%s must be an object, not %s", what, describe_type(node));
    for (void *at = json_object_iter((json_t *)(uintptr_t)node); at;
         at = json_object_iter_next((json_t *)(uintptr_t)node, at)) {
        const char *key = json_object_iter_key(at);
        int i = 0;
        while (allowed[i] && strcmp(allowed[i], key) != 0)
            i++;
        if (allowed[i])
            continue;
        char words[400];
        list_words(allowed, words, sizeof words);
        return flx_json_fail(source, flx_json_key_line(source, node, key), error,
                             "unknown key \"%s\" in %s: expected %s", key, what, words);
    }
    return FLX_OK;
}

flx_status flx_json_require(const flx_json_source *source, const json_t *object,
                            const char *key, flx_error *error)
{
    if (json_object_get(object, key))
        return FLX_OK;
    return flx_json_fail(source, flx_json_line(source, object), error,
                         "the key \"%s\" is missing", key);
}

bool flx_json_to_double(const json_t *node, double *out)
{
    if (json_is_real(node)) {
        *out = json_real_value(node);
        return isfinite(*out);
    }
    const json_int_t exact = (json_int_t)1 << 53;
    json_int_t integer = json_integer_value(node);
    if (!json_is_integer(node) || integer > exact || integer < -exact)
        return false;
    *out = (double)integer;
    return true;
}

/* What a value of each type must be, in words and as a set of jansson's types. */
static const struct {
    const char *words;
    unsigned types;
} expected[] = {[FLX_JSON_TEXT] = {"a text", 1 << JSON_STRING},
                [FLX_JSON_WORD] = {"a text", 1 << JSON_STRING},
                [FLX_JSON_NUMBER] = {"a number", 1 << JSON_INTEGER | 1 << JSON_REAL},
                [FLX_JSON_INTEGER] = {"an integer", 1 << JSON_INTEGER},
                [FLX_JSON_BOOLEAN] = {"true or false", 1 << JSON_TRUE | 1 << JSON_FALSE},
                [FLX_JSON_LIST] = {"a list", 1 << JSON_ARRAY},
                [FLX_JSON_OBJECT] = {"an object", 1 << JSON_OBJECT}};

#define FAIL(...)                                                                        \
    flx_json_fail(source, flx_json_key_line(source, object, field->key), error,          \
                  __VA_ARGS__)

static flx_status find_word(const flx_json_source *source, const json_t *object,
                            const flx_json_field *field, const char *text, int *index,
                            flx_error *error)
{
    for (*index = 0; field->words[*index]; ++*index)
        if (strcmp(field->words[*index], text) == 0)
            return FLX_OK;
    char list[400];
    list_words(field->words, list, sizeof list);
    return FAIL("\"%s\" is \"%s\", it must be %s", field->key, text, list);
}

flx_status flx_json_get(const flx_json_source *source, const json_t *object,
                        const flx_json_field *field, void *out, flx_error *error)
{
    json_t *value = json_object_get(object, field->key);
    const char *text = json_string_value(value), *key = field->key;
    json_int_t integer = json_integer_value(value);
    if (!value)
        return field->is_required ? flx_json_require(source, object, key, error) : FLX_OK;
    if (!(expected[field->type].types >> json_typeof(value) & 1))
        return FAIL("\"%s\" must be %s, not %s", key, expected[field->type].words,
                    describe_type(value));
    switch (field->type) {
    case FLX_JSON_WORD:
        return find_word(source, object, field, text, out, error);
    case FLX_JSON_NUMBER:
        if (!flx_json_to_double(value, out))
            return FAIL("\"%s\" is beyond 2^53, where integers are no longer exact", key);
        return FLX_OK;
    case FLX_JSON_INTEGER:
        if (integer < field->min || integer > field->max)
            return FAIL("\"%s\" is %" JSON_INTEGER_FORMAT
                        ", it must be between %d and %d",
                        key, integer, field->min, field->max);
        *(int *)out = (int)integer;
        return FLX_OK;
    case FLX_JSON_BOOLEAN:
        *(bool *)out = json_is_true(value);
        return FLX_OK;
    case FLX_JSON_TEXT:
        *(const char **)out = text;
        return FLX_OK;
    default:
        *(json_t **)out = value;
        return FLX_OK;
    }
}

flx_status flx_json_get_text(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char **out,
                             flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_TEXT, .is_required = is_required};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_number(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, double *out,
                               flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_NUMBER, .is_required = is_required};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_integer(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, int min, int max,
                                int *out, flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_INTEGER, .is_required = is_required, .min = min,
                            .max = max};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_boolean(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, bool *out,
                                flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_BOOLEAN, .is_required = is_required};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_array(const flx_json_source *source, const json_t *object,
                              const char *key, bool is_required, json_t **out,
                              flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_LIST, .is_required = is_required};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_object(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, json_t **out,
                               flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_OBJECT, .is_required = is_required};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_get_word(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char *const *words,
                             int *out, flx_error *error)
{
    flx_json_field field = {key, FLX_JSON_WORD, .is_required = is_required,
                            .words = words};
    return flx_json_get(source, object, &field, out, error);
}

flx_status flx_json_open_list(const flx_json_source *source, const json_t *object,
                              const char *key, int min, int max, flx_json_list *out,
                              flx_error *error)
{
    *out = (flx_json_list){.source = source, .index = SIZE_MAX};
    FLX_TRY(flx_json_get_array(source, object, key, false, &out->list, error));
    out->size = json_array_size(out->list);
    if (!out->list || (out->size >= (size_t)min && out->size <= (size_t)max))
        return FLX_OK;
    int line = flx_json_key_line(source, object, key);
    if (min > 0)
        return flx_json_fail(source, line, error,
                             "\"%s\" holds %zu entries, expected %d to %d", key,
                             out->size, min, max);
    return flx_json_fail(source, line, error,
                         "\"%s\" holds %zu entries, at most %d are possible", key,
                         out->size, max);
}

bool flx_json_next(flx_json_list *list)
{
    list->item = json_array_get(list->list, ++list->index);
    return list->item != NULL;
}

int flx_json_list_line(const flx_json_list *list)
{
    return flx_json_item_line(list->source, list->list, list->index);
}

flx_status flx_json_get_texts(const flx_json_source *source, const json_t *object,
                              const char *key, bool is_required, flx_text_list *out,
                              flx_error *error)
{
    const json_t *node = json_object_get(object, key);
    int line = flx_json_key_line(source, object, key);
    if (!node && !is_required)
        return FLX_OK;
    if (!node || !(json_is_string(node) || json_array_size(node) > 0))
        return flx_json_fail(source, line, error,
                             "\"%s\" must be a text or a list of texts", key);
    size_t count = json_is_string(node) ? 1 : json_array_size(node);
    if (!FLX_NEW(out->texts, count))
        return flx_no_memory(error, "%s", flx_json_place(source));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_string(node) ? node : json_array_get(node, i);
        if (!json_is_string(item))
            return flx_json_fail(source, line, error, "\"%s\" must hold texts only", key);
        out->texts[out->count++] = json_string_value(item);
    }
    return FLX_OK;
}

flx_status flx_json_check_name(const flx_json_source *source, int line, const char *what,
                               const char *name, bool may_hold_colon, flx_error *error)
{
    if (name[0] == '\0')
        return flx_json_fail(source, line, error, "%s has an empty name", what);
    for (const char *c = name; *c; c++)
        if (flx_is_control(*c) || (*c == ':' && !may_hold_colon))
            return flx_json_fail(source, line, error,
                                 "%s is named \"%s\": %s cannot be part of its name",
                                 what, name, *c == ':' ? "':'" : "a control character");
    return FLX_OK;
}

flx_status flx_json_list_text(const flx_json_list *list, const char *what,
                              const char **out, flx_error *error)
{
    return flx_json_item_text(list->source, list->list, list->index, what, out, error);
}

flx_status flx_json_list_name(const flx_json_list *list, const char *what,
                              bool may_hold_colon, const char **out, flx_error *error)
{
    FLX_TRY(flx_json_list_text(list, what, out, error));
    return flx_json_check_name(list->source, flx_json_list_line(list), what, *out,
                               may_hold_colon, error);
}

flx_status flx_json_item_text(const flx_json_source *source, const json_t *array,
                              size_t index, const char *what, const char **out,
                              flx_error *error)
{
    const json_t *item = json_array_get(array, index);
    int line = flx_json_item_line(source, array, index);
    if (!json_is_string(item))
        return flx_json_fail(source, line, error, "%s must be a text, not %s", what,
                             item ? describe_type(item) : "absent");
    if (json_string_length(item) == 0)
        return flx_json_fail(source, line, error, "%s is an empty text", what);
    *out = json_string_value(item);
    return FLX_OK;
}

flx_status flx_json_check_format(const flx_json_source *source, const char *format,
                                 int version, flx_error *error)
{
    const json_t *root = flx_json_root(source);
    if (!json_is_object(root))
        return flx_json_fail(source, flx_json_line(source, root), error,
                             "the file must hold an object, not %s", describe_type(root));
    const char *found = NULL;
    FLX_TRY(flx_json_get_text(source, root, "format", true, &found, error));
    if (strcmp(found, format) != 0)
        return flx_json_fail(source, flx_json_key_line(source, root, "format"), error,
                             "\"format\" is \"%s\", expected \"%s\"", found, format);
    int number = 0;
    FLX_TRY(
        flx_json_get_integer(source, root, "version", true, 1, 1 << 30, &number, error));
    if (number != version)
        return flx_json_fail(source, flx_json_key_line(source, root, "version"), error,
                             "\"version\" is %d, this program reads version %d", number,
                             version);
    return FLX_OK;
}
