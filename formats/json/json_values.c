/* SPDX-License-Identifier: MIT
 * Typed access to the values of a JSON source, with a precise sentence for every way in
 * which a value can be wrong. */
#include "formats/json/json_source.h"

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

/* *out = NULL without an error where an optional key is absent. */
static flx_status find_value(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, json_t **out,
                             flx_error *error)
{
    *out = json_object_get(object, key);
    if (*out || !is_required)
        return FLX_OK;
    return flx_json_fail(source, flx_json_line(source, object), error,
                         "the key \"%s\" is missing", key);
}

static flx_status fail_type(const flx_json_source *source, const json_t *object,
                            const char *key, const char *expected, const json_t *value,
                            flx_error *error)
{
    return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                         "\"%s\" must be %s, not %s", key, expected,
                         describe_type(value));
}

flx_status flx_json_get_text(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char **out,
                             flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_string(value))
        return fail_type(source, object, key, "a text", value, error);
    *out = json_string_value(value);
    return FLX_OK;
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

flx_status flx_json_get_number(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, double *out,
                               flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_number(value))
        return fail_type(source, object, key, "a number", value, error);
    if (!flx_json_to_double(value, out))
        return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                             "\"%s\" is beyond 2^53, where integers are no longer exact",
                             key);
    return FLX_OK;
}

flx_status flx_json_get_integer(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, int min, int max,
                                int *out, flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_integer(value))
        return fail_type(source, object, key, "an integer", value, error);
    json_int_t found = json_integer_value(value);
    if (found < min || found > max)
        return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                             "\"%s\" is %" JSON_INTEGER_FORMAT
                             ", it must be between %d and %d",
                             key, found, min, max);
    *out = (int)found;
    return FLX_OK;
}

flx_status flx_json_get_boolean(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, bool *out,
                                flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_boolean(value))
        return fail_type(source, object, key, "true or false", value, error);
    *out = json_is_true(value);
    return FLX_OK;
}

flx_status flx_json_get_array(const flx_json_source *source, const json_t *object,
                              const char *key, bool is_required, json_t **out,
                              flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_array(value))
        return fail_type(source, object, key, "a list", value, error);
    *out = value;
    return FLX_OK;
}

flx_status flx_json_get_object(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, json_t **out,
                               flx_error *error)
{
    json_t *value;
    FLX_TRY(find_value(source, object, key, is_required, &value, error));
    if (!value)
        return FLX_OK;
    if (!json_is_object(value))
        return fail_type(source, object, key, "an object", value, error);
    *out = value;
    return FLX_OK;
}

flx_status flx_json_get_word(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char *const *words,
                             int *out, flx_error *error)
{
    const char *text = NULL;
    FLX_TRY(flx_json_get_text(source, object, key, is_required, &text, error));
    if (!text)
        return FLX_OK;
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return FLX_OK;
        }
    char list[400];
    list_words(words, list, sizeof list);
    return flx_json_fail(source, flx_json_key_line(source, object, key), error,
                         "\"%s\" is \"%s\", it must be %s", key, text, list);
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
