/* SPDX-License-Identifier: MIT
 * JSON text with the lines its values stand on, so that every complaint about a setting
 * can say "FILE line N: ...". Parsed by jansson; duplicate keys are errors, a byte-order
 * mark is accepted. All nodes are borrowed and live as long as the source. */
#ifndef FLX_JSON_SOURCE_H
#define FLX_JSON_SOURCE_H

#include "formats/status.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct flx_json_source flx_json_source;

/* FLX_BAD_INPUT where the file cannot be opened or is no JSON (with line and column). */
flx_status flx_json_source_read(const char *path, flx_json_source **out,
                                flx_error *error);
/* `place` names the text in messages (copied). */
flx_status flx_json_source_parse(const char *text, size_t length, const char *place,
                                 flx_json_source **out, flx_error *error);
void flx_json_source_destroy(flx_json_source *source); /* NULL is fine */

json_t *flx_json_root(const flx_json_source *source);
const char *flx_json_place(const flx_json_source *source);

/* Line, from 1, on which an object, array, string or number of this source begins. The
 * literals true, false and null are shared by jansson: ask for their key or item. */
int flx_json_line(const flx_json_source *source, const json_t *node);
/* Line of a key of an object (of the object itself where it has no such key) ... */
int flx_json_key_line(const flx_json_source *source, const json_t *object,
                      const char *key);
/* ... and of an item of an array. */
int flx_json_item_line(const flx_json_source *source, const json_t *array, size_t index);

/* FLX_BAD_INPUT with "PLACE line N: " before the sentence. */
flx_status flx_json_fail(const flx_json_source *source, int line, flx_error *error,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* `node` is an object and all its keys are among `allowed` (ends with NULL). `what` is a
 * word for it in the message: "a knob". */
flx_status flx_json_check_keys(const flx_json_source *source, const json_t *node,
                               const char *what, const char *const *allowed,
                               flx_error *error);

/* The root is an object with "format": format and "version": version. */
flx_status flx_json_check_format(const flx_json_source *source, const char *format,
                                 int version, flx_error *error);

/* The object has the key. */
flx_status flx_json_require(const flx_json_source *source, const json_t *object,
                            const char *key, flx_error *error);

/* Values of an object by key. A required key that is absent is an error; of an optional
 * one (is_required false) *out keeps what it held. A value of another type is always an
 * error. */
flx_status flx_json_get_text(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char **out,
                             flx_error *error);
flx_status flx_json_get_number(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, double *out,
                               flx_error *error);
/* Within min..max, bounds included. */
flx_status flx_json_get_integer(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, int min, int max,
                                int *out, flx_error *error);
flx_status flx_json_get_boolean(const flx_json_source *source, const json_t *object,
                                const char *key, bool is_required, bool *out,
                                flx_error *error);
flx_status flx_json_get_array(const flx_json_source *source, const json_t *object,
                              const char *key, bool is_required, json_t **out,
                              flx_error *error);
flx_status flx_json_get_object(const flx_json_source *source, const json_t *object,
                               const char *key, bool is_required, json_t **out,
                               flx_error *error);
/* A text that is one of `words` (ends with NULL); *out is its index. */
flx_status flx_json_get_word(const flx_json_source *source, const json_t *object,
                             const char *key, bool is_required, const char *const *words,
                             int *out, flx_error *error);

typedef struct {
    int count;
    const char **texts; /* (count) borrowed from the source */
} flx_text_list;
/* A list of texts; one text alone is a list of one. The caller frees out->texts, also
 * after an error. */
flx_status flx_json_get_texts(const flx_json_source *source, const json_t *object,
                              const char *key, bool is_required, flx_text_list *out,
                              flx_error *error);

/* A number as a double; false where it is no number or an integer beyond 2^53, which a
 * double would silently round. */
bool flx_json_to_double(const json_t *node, double *out);

/* A list while it is walked through. */
typedef struct {
    const flx_json_source *source;
    json_t *list; /* NULL where the key is absent */
    size_t size, index;
    json_t *item; /* the current one */
} flx_json_list;
/* The list under a key, of min to max items; empty where the key is absent. */
flx_status flx_json_open_list(const flx_json_source *source, const json_t *object,
                              const char *key, int min, int max, flx_json_list *out,
                              flx_error *error);
/* Goes to the next item, at first to the first; false at the end. */
bool flx_json_next(flx_json_list *list);
/* Line of the current item. */
int flx_json_list_line(const flx_json_list *list);

/* A name is not empty, holds no control character, and no ':' unless `may_hold_colon`.
 * `what` is a word for what has it: "a knob". */
flx_status flx_json_check_name(const flx_json_source *source, int line, const char *what,
                               const char *name, bool may_hold_colon, flx_error *error);
/* The current item of a list as a text, and as such a name. */
flx_status flx_json_list_text(const flx_json_list *list, const char *what,
                              const char **out, flx_error *error);
flx_status flx_json_list_name(const flx_json_list *list, const char *what,
                              bool may_hold_colon, const char **out, flx_error *error);

/* A text item of an array, not empty. `what` is a word for it: "a metric". */
flx_status flx_json_item_text(const flx_json_source *source, const json_t *array,
                              size_t index, const char *what, const char **out,
                              flx_error *error);
#endif
