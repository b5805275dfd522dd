/* SPDX-License-Identifier: MIT
 * Small CSVs imported by a map of a few words. */
#ifndef FLX_TEST_IMPORTED_H
#define FLX_TEST_IMPORTED_H

#include "formats/import/import.h"

#define MAP_HEAD "{\"format\": \"fluxion-import\", \"version\": 1, "
#define MAP_PLAIN                                                                        \
    MAP_HEAD "\"columns\": {\"x\": {\"name\": \"s:x\", \"kind\": \"metric\"}"
#define MAP_LONG                                                                         \
    MAP_HEAD "\"time\": \"t\", \"pivot\": {\"row\": [\"part\", \"t\"], \"service\": "    \
             "\"node\","                                                                 \
             "\"rename\": {\"B::x\": \"b\"}, \"metrics\": {\"l\": {\"name\": \"p90\","   \
             "\"unit\": \"ms\", \"scale\": 1000}}, \"states\": {\"n\": \"rps\"}}"

/* Imports files "a.csv", "b.csv" ... of the given texts (ends with NULL). */
flx_status import_files(const char *map_text, const char *const *texts, const char *where,
                        flx_dataset **out, flx_error *error);

flx_dataset *import_one(const char *map_text, const char *text);

double imported_value(const flx_dataset *dataset, int row, const char *name);

/* The import of a.csv (and b.csv) fails with this text in its message. */
void assert_import_refused(const char *map_text, const char *a, const char *b,
                           const char *part);
#endif
