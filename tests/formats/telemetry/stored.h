/* SPDX-License-Identifier: MIT
 * What a telemetry store holds, as text to compare with. */
#ifndef FLX_TEST_STORED_H
#define FLX_TEST_STORED_H

#include "formats/telemetry/telemetry_store.h"

/* "URI SEQ VALUE\n" for every readable sample, in order of arrival; allocated. Assertions
 * fail where the folder is no store. */
char *stored_text(const char *folder, flx_store_health *health);

/* Room for blocks that a test keeps at hand. */
typedef struct {
    const char *uri;
    flx_knob_type type;
    int64_t seq_num;
    double number;
    const char *label;
} test_sample;
/* Appends the samples as one block and asserts that it went well. */
void append_samples(flx_store *store, const test_sample *samples, int count);

/* The whole of a file, allocated; and a file of exactly these bytes. */
char *load_bytes(const char *path, size_t *length);
void save_bytes(const char *path, const char *bytes, size_t length);
#endif
