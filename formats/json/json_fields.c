/* SPDX-License-Identifier: MIT
 * jansson returns -1 for a value that is NULL, so that lack of memory anywhere shows
 * at the end. */
#include "formats/json/json_fields.h"

#include "formats/memory.h"

#include <math.h>
#include <string.h>

static flx_status check_keys(const flx_json_source *source, const json_t *object,
                             const flx_json_schema *schema, flx_error *error)
{
    enum { MOST_KEYS = 32 };
    const char *keys[MOST_KEYS + 1] = {NULL};
    for (int i = 0; schema->rows[i].key && i < MOST_KEYS; i++)
        keys[i] = schema->rows[i].key;
    return flx_json_check_keys(source, object, schema->what, keys, error);
}

static flx_status read_name(const flx_json_source *source, const json_t *object,
                            const flx_json_field *field, const char *what, char **out,
                            flx_error *error)
{
    const char *text = NULL;
    FLX_TRY(
        flx_json_get_text(source, object, field->key, field->is_required, &text, error));
    if (field->type == FLX_JSON_COPY)
        return flx_copy_text(text ? text : "", out, error);
    if (!text)
        return FLX_OK;
    FLX_TRY(flx_json_check_name(source, flx_json_key_line(source, object, field->key),
                                what, text, field->type == FLX_JSON_NAME, error));
    return flx_copy_text(text, out, error);
}

/* A word's index into an integer, an enumeration (as large) or a bool; or nowhere. */
static flx_status read_word(const flx_json_source *source, const json_t *object,
                            const flx_json_field *field, void *member, flx_error *error)
{
    int index = -1;
    bool is_second;
    FLX_TRY(flx_json_get(source, object, field, &index, error));
    is_second = index == 1;
    if (index >= 0 && field->size == sizeof is_second)
        memcpy(member, &is_second, sizeof is_second);
    else if (index >= 0 && field->size == sizeof index)
        memcpy(member, &index, sizeof index);
    return FLX_OK;
}

static flx_status read_object(const flx_json_source *source, const json_t *object,
                              const flx_json_field *field, void *member, flx_error *error)
{
    json_t *value = NULL;
    FLX_TRY(flx_json_get_object(source, object, field->key, field->is_required, &value,
                                error));
    if (!value)
        return FLX_OK;
    FLX_TRY(flx_json_read_fields(source, value, field->items, member, error));
    return field->read ? field->read(source, value, member, error) : FLX_OK;
}

static flx_status read_list(const flx_json_source *source, const json_t *object,
                            const flx_json_field *field, void *record, flx_error *error)
{
    flx_json_list list;
    int count = 0;
    if (field->is_required)
        FLX_TRY(flx_json_require(source, object, field->key, error));
    FLX_TRY(flx_json_open_list(source, object, field->key, field->min, field->max, &list,
                               error));
    char *items = flx_allocate(list.size, field->size);
    if (!items)
        return flx_no_memory(error, "%zu entries of %s", list.size, field->key);
    memcpy((char *)record + field->offset, &items, sizeof items);
    while (flx_json_next(&list)) {
        void *item = items + list.index * field->size;
        count++;
        memcpy((char *)record + field->count, &count, sizeof count);
        if (field->items && !json_is_object(list.item))
            return flx_json_fail(source, flx_json_list_line(&list), error,
                                 "%s must be an object", field->items->what);
        if (field->items)
            FLX_TRY(flx_json_read_fields(source, list.item, field->items, item, error));
        if (field->read_item)
            FLX_TRY(field->read_item(&list, record, item, error));
    }
    return FLX_OK;
}

static flx_status read_field(const flx_json_source *source, const json_t *object,
                             const flx_json_schema *schema, const flx_json_field *field,
                             void *record, flx_error *error)
{
    const char *unused, *what = field->what ? field->what : schema->what;
    void *member = (char *)record + field->offset;
    switch (field->type) {
    case FLX_JSON_PART:
        return field->read ? field->read(source, object, record, error) : FLX_OK;
    case FLX_JSON_COPY:
    case FLX_JSON_NAME:
    case FLX_JSON_PLAIN_NAME:
        return read_name(source, object, field, what, member, error);
    case FLX_JSON_WORD:
        return read_word(source, object, field, member, error);
    case FLX_JSON_TEXTS:
        return flx_json_get_texts(source, object, field->key, field->is_required, member,
                                  error);
    case FLX_JSON_OBJECT:
        return read_object(source, object, field, member, error);
    case FLX_JSON_LIST:
        return read_list(source, object, field, record, error);
    default:
        return flx_json_get(source, object, field, field->size ? member : &unused, error);
    }
}

flx_status flx_json_read_fields(const flx_json_source *source, const json_t *object,
                                const flx_json_schema *schema, void *record,
                                flx_error *error)
{
    FLX_TRY(check_keys(source, object, schema, error));
    if (schema->defaults)
        memcpy(record, schema->defaults, schema->size);
    for (const flx_json_field *field = schema->rows; field->key; field++)
        FLX_TRY(read_field(source, object, schema, field, record, error));
    return FLX_OK;
}

json_t *flx_json_number(double value)
{
    bool is_whole = value == floor(value) && fabs(value) < 9007199254740992.0;
    return is_whole ? json_integer((json_int_t)value) : json_real(value);
}

static int word_index(const flx_json_field *field, const void *member)
{
    int index;
    bool is_second;
    if (field->size == sizeof is_second) {
        memcpy(&is_second, member, sizeof is_second);
        return is_second;
    }
    memcpy(&index, member, sizeof index);
    return index;
}

static json_t *describe_list(const flx_json_field *field, const flx_json_written *what)
{
    const char *record = what->record, *items;
    int count;
    memcpy(&items, record + field->offset, sizeof items);
    memcpy(&count, record + field->count, sizeof count);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        flx_json_written item = {items + (size_t)i * field->size, what->context};
        json_t *value = field->write(&item);
        if (!json_is_null(value))
            flx_json_append(&list, value);
    }
    return list;
}

static json_t *describe_field(const flx_json_field *field, const flx_json_written *what)
{
    const void *member = (const char *)what->record + field->offset;
    const char *text;
    switch (field->type) {
    case FLX_JSON_PART:
        return field->write ? field->write(what) : json_null();
    case FLX_JSON_LIST:
        return describe_list(field, what);
    case FLX_JSON_NUMBER:
        return flx_json_number(*(const double *)member);
    case FLX_JSON_INTEGER:
        return json_integer(*(const int *)member);
    case FLX_JSON_BOOLEAN:
        return json_boolean(*(const bool *)member);
    case FLX_JSON_WORD:
        return json_string(field->words[word_index(field, member)]);
    default:
        text = field->size ? *(const char *const *)member : NULL;
        return text ? json_string(text) : json_null();
    }
}

json_t *flx_json_describe(const flx_json_schema *schema, const void *record,
                          const void *context)
{
    flx_json_written what = {record, context};
    json_t *object = json_object();
    for (const flx_json_field *field = schema->rows; object && field->key; field++) {
        json_t *value = describe_field(field, &what);
        if (json_is_null(value) || json_object_set_new(object, field->key, value) == 0)
            continue;
        json_decref(object);
        object = NULL;
    }
    return object;
}

void flx_json_append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) == 0)
        return;
    json_decref(*list);
    *list = NULL;
}
