/* SPDX-License-Identifier: MIT
 * Keys of graph.json that had another name in folders of older programs. Inside the
 * library. */
#ifndef FLX_RENAMED_KEYS_H
#define FLX_RENAMED_KEYS_H

#include <jansson.h>

/* The name by which `object` has `key`: its old one where it has only that. */
const char *flx_key_in(const json_t *object, const char *key);

/* A document as an older program would have written it: keys get their old names back,
 * at any depth. */
void flx_restore_old_keys(json_t *document);
#endif
