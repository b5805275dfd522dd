/* SPDX-License-Identifier: MIT
 * Open addressing with linear probing over FNV-1a, at most half full; texts are kept in
 * one list, so that a number is an index. */
#include "formats/import/import_keys.h"

#include "formats/memory.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct flx_import_keys {
    int count;
    char **texts; /* (slots / 2) */
    size_t n_slots;
    int *slots; /* (n_slots) number of a text, or -1; a power of two */
};

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash ^ hash >> 29;
}

/* The slot that holds the text, or the free one where it belongs. */
static size_t find_slot(const flx_import_keys *keys, const char *text)
{
    size_t slot = hash_text(text) & (keys->n_slots - 1);
    while (keys->slots[slot] >= 0 && strcmp(keys->texts[keys->slots[slot]], text) != 0)
        slot = (slot + 1) & (keys->n_slots - 1);
    return slot;
}

static flx_status resize(flx_import_keys *keys, size_t n_slots, flx_error *error)
{
    int *slots = malloc(n_slots * sizeof *slots);
    char **texts = realloc(keys->texts, n_slots / 2 * sizeof *texts);
    if (texts)
        keys->texts = texts;
    if (!slots || !texts) {
        free(slots);
        return flx_no_memory(error, "%d keys", keys->count);
    }
    memset(slots, 0xff, n_slots * sizeof *slots); /* all -1 */
    free(keys->slots);
    keys->slots = slots;
    keys->n_slots = n_slots;
    for (int i = 0; i < keys->count; i++)
        slots[find_slot(keys, keys->texts[i])] = i;
    return FLX_OK;
}

flx_status flx_import_keys_create(flx_import_keys **out, flx_error *error)
{
    if (!FLX_NEW(*out, 1))
        return flx_no_memory(error, "keys");
    flx_status status = resize(*out, 1024, error);
    if (status != FLX_OK) {
        flx_import_keys_destroy(*out);
        *out = NULL;
    }
    return status;
}

void flx_import_keys_destroy(flx_import_keys *keys)
{
    if (!keys)
        return;
    for (int i = 0; i < keys->count; i++)
        free(keys->texts[i]);
    free(keys->texts);
    free(keys->slots);
    free(keys);
}

flx_status flx_import_keys_number(flx_import_keys *keys, const char *text, int *number,
                                  flx_error *error)
{
    size_t slot = find_slot(keys, text);
    if (keys->slots[slot] < 0) {
        if ((size_t)keys->count + 1 > keys->n_slots / 2 && keys->count < INT_MAX) {
            FLX_TRY(resize(keys, 2 * keys->n_slots, error));
            slot = find_slot(keys, text);
        }
        FLX_TRY(flx_copy_text(text, &keys->texts[keys->count], error));
        keys->slots[slot] = keys->count++;
    }
    *number = keys->slots[slot];
    return FLX_OK;
}

int flx_import_keys_count(const flx_import_keys *keys)
{
    return keys->count;
}

const char *flx_import_keys_text(const flx_import_keys *keys, int number)
{
    return keys->texts[number];
}
