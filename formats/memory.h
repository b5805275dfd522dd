/* SPDX-License-Identifier: MIT
 * The one way to allocate, to say that memory is out, and to free at the end of a scope.
 *
 *     FLX_SCOPED double *mean = NULL;
 *     if (!FLX_NEW(mean, n))
 *         return flx_no_memory(error, "the means of %d rows", n);
 */
#ifndef FLX_MEMORY_H
#define FLX_MEMORY_H

#include "formats/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Zeroed memory for `count` elements, one at least, so that NULL means only one thing.
 * NULL too where count * size is more than can be. free() releases it. */
void *flx_allocate(size_t count, size_t size);

/* Points `pointer` to `count` zeroed elements; NULL where memory is out. */
#define FLX_NEW(pointer, count)                                                          \
    ((pointer) = flx_allocate((size_t)(count), sizeof *(pointer)))

/* Makes room for `count` elements at `pointer`, which has it for *room (a size_t, 0 with
 * NULL): at least doubled, so that adding one by one is cheap. false, and all as it was,
 * where memory is out. */
#define FLX_GROW(pointer, room, count)                                                   \
    flx_grow(&(pointer), &(room), (size_t)(count), sizeof *(pointer))
bool flx_grow(void *pointer_to_pointer, size_t *room, size_t count, size_t size);

/* FLX_NO_MEMORY, "out of memory for WHAT"; what: printf rules. */
flx_status flx_no_memory(flx_error *error, const char *what, ...)
    __attribute__((format(printf, 2, 3)));

/* A copy of a text, released by free(). */
flx_status flx_copy_text(const char *text, char **out, flx_error *error);

/* Of a local pointer, declared with a value: what it points to when its scope ends is
 * freed. Set it to NULL to hand the memory on. */
#define FLX_SCOPED __attribute__((cleanup(flx_free_scoped)))
void flx_free_scoped(void *pointer_to_pointer);

/* The same for objects with a destructor of their own: FLX_OWNS once in a file, then
 *     FLX_OWNED(flx_model) model = NULL; */
#define FLX_OWNS(type, destroy)                                                          \
    static inline void type##_end_scope(type **owned)                                    \
    {                                                                                    \
        destroy(*owned);                                                                 \
    }
#define FLX_OWNED(type) __attribute__((cleanup(type##_end_scope))) type *

/* Of a local struct: clear(&it) when its scope ends. */
#define FLX_CLEARED(clear) __attribute__((cleanup(clear)))
#endif
