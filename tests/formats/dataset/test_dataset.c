/* SPDX-License-Identifier: MIT */
#include "formats/dataset/dataset.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static flx_dataset *make(int rows, int n_columns, const char *const *names)
{
    flx_dataset *table;
    flx_error error = {0};
    assert_int(flx_dataset_create(rows, n_columns, &table, &error), FLX_OK);
    for (int j = 0; j < n_columns; j++) {
        const char *name = strrchr(names[j], ':') + 1;
        flx_column_role kind = name[0] == 'k'   ? FLX_KNOB
                               : name[0] == 'r' ? FLX_STATE
                                                : FLX_METRIC;
        flx_dataset_name_column(table, j, names[j], kind, kind == FLX_KNOB ? "MB" : "",
                                &error);
    }
    return table;
}

/* 3 x 2 with a missing cell, everything optional set. */
static flx_dataset *make_sample(void)
{
    static const char *const names[] = {"a:k", "ré dis.get/0:p90"};
    flx_dataset *table = make(3, 2, names);
    static const double values[] = {1, -0.5, 2, NAN, 1e300, 5e-324};
    memcpy(table->values, values, sizeof values);
    table->time = malloc(3 * sizeof *table->time);
    table->step = malloc(3 * sizeof *table->step);
    table->group = malloc(3 * sizeof *table->group);
    for (int i = 0; i < 3; i++) {
        table->time[i] = INT64_MAX - i;
        table->step[i] = INT32_MIN + i;
        table->group[i] = -i;
    }
    flx_dataset_describe(table, "toy", "by hand", NULL);
    table->simulated = true;
    table->counted_services = 20;
    table->counted_inputs = 99;
    return table;
}

static void starts_with_missing_cells(void)
{
    flx_dataset *table;
    flx_error error = {0};
    assert_int(flx_dataset_create(2, 2, &table, &error), FLX_OK);
    for (int i = 0; i < 4; i++)
        assert_true(isnan(table->values[i]));
    assert_text(table->system, "");
    assert_int((long)strlen(table->created), 20);
    assert_int(flx_dataset_find(table, "a:k"), -1);
    flx_dataset_destroy(table);
    assert_int(flx_dataset_create(0, 2, &table, &error), FLX_BAD_INPUT);
    assert_true(table == NULL);
    assert_int(flx_dataset_create(2, 0, &table, &error), FLX_BAD_INPUT);
    flx_dataset_destroy(NULL);
}

static void reads_back_what_it_wrote(void)
{
    scratch_begin();
    flx_dataset *table = make_sample(), *again = NULL;
    flx_error error = {0};
    const char *path = scratch_path("t.h5");
    assert_int(flx_dataset_write(table, path, &error), FLX_OK);
    assert_int(flx_dataset_read(path, &again, &error), FLX_OK);
    assert_text(error.message, "");
    assert_int(again->rows, 3);
    assert_int(again->n_columns, 2);
    for (int i = 0; i < 6; i++)
        assert_close(again->values[i], table->values[i], 0, 0);
    assert_text(again->columns[1].name, "ré dis.get/0:p90");
    assert_int(again->columns[0].kind, FLX_KNOB);
    assert_int(again->columns[1].kind, FLX_METRIC);
    assert_text(again->columns[0].unit, "MB");
    assert_text(again->columns[1].unit, "");
    assert_true(again->time[2] == INT64_MAX - 2);
    assert_int(again->step[0], INT32_MIN);
    assert_int((long)again->group[2], -2);
    assert_text(again->system, "toy");
    assert_text(again->source, "by hand");
    assert_text(again->created, table->created);
    assert_true(again->simulated);
    assert_int(again->counted_services, 20);
    assert_int(again->counted_inputs, 99);
    assert_int(scratch_count(), 1);
    const int first[] = {0};
    flx_dataset *part = NULL;
    assert_int(flx_dataset_select_rows(again, first, 1, &part, &error), FLX_OK);
    assert_text(flx_dataset_title(table), "the table");
    assert_text(flx_dataset_title(part), path);
    flx_dataset_destroy(part);
    flx_dataset_destroy(again);
    flx_dataset_destroy(table);
    scratch_end();
}

static void keeps_the_smallest_table(void)
{
    scratch_begin();
    static const char *const names[] = {"a:p90"};
    flx_dataset *table = make(1, 1, names), *again = NULL;
    table->values[0] = 7;
    assert_int(flx_dataset_write(table, scratch_path("t.h5"), NULL), FLX_OK);
    assert_int(flx_dataset_read(scratch_path("t.h5"), &again, NULL), FLX_OK);
    assert_close(again->values[0], 7, 0, 0);
    assert_true(!again->time && !again->step && !again->group && !again->simulated);
    flx_dataset_destroy(again);
    flx_dataset_destroy(table);
    scratch_end();
}

/* More than one chunk, compressed; and a table of missing cells only, which compresses
 * as far as deflate goes. */
static void keeps_a_large_table(void)
{
    scratch_begin();
    enum { ROWS = 4000, COLUMNS = 40 };
    static char text[COLUMNS][24];
    const char *names[COLUMNS];
    for (int j = 0; j < COLUMNS; j++) {
        snprintf(text[j], sizeof text[j], "s%d:p90", j);
        names[j] = text[j];
    }
    flx_dataset *table = make(ROWS, COLUMNS, names), *again = NULL;
    char digest[2][65];
    for (int round = 0; round < 2; round++) {
        assert_int(flx_dataset_write(table, scratch_path("t.h5"), NULL), FLX_OK);
        assert_int(flx_dataset_read(scratch_path("t.h5"), &again, NULL), FLX_OK);
        flx_dataset_digest(table, digest[0]);
        flx_dataset_digest(again, digest[1]);
        assert_text(digest[0], digest[1]);
        flx_dataset_destroy(again);
        for (int i = 0; i < ROWS * COLUMNS; i++)
            table->values[i] = i % 77 + 0.1;
    }
    flx_dataset_destroy(table);
    scratch_end();
}

static void selects_rows_with_all_they_have(void)
{
    flx_dataset *table = make_sample(), *part = NULL;
    const int rows[] = {2, 0, 2};
    assert_int(flx_dataset_select_rows(table, rows, 3, &part, NULL), FLX_OK);
    assert_close(part->values[0], 1e300, 0, 0);
    assert_close(part->values[3], -0.5, 0, 0);
    assert_close(part->values[4], 1e300, 0, 0);
    assert_int(part->step[0], INT32_MIN + 2);
    assert_int((long)part->group[1], 0);
    assert_true(part->time[2] == INT64_MAX - 2);
    assert_text(part->columns[0].name, "a:k");
    assert_text(part->created, table->created);
    assert_int(part->counted_inputs, 99);
    flx_dataset_destroy(part);
    const int beyond[] = {0, 3};
    flx_error error = {0};
    assert_int(flx_dataset_select_rows(table, beyond, 2, &part, &error), FLX_BAD_INPUT);
    assert_text(error.message, "there is no row 3 among 3");
    assert_int(flx_dataset_select_rows(table, beyond, 0, &part, &error), FLX_BAD_INPUT);
    flx_dataset_destroy(table);
}

static void digests_content_and_not_description(void)
{
    flx_dataset *table = make_sample();
    char before[65], after[65];
    flx_dataset_digest(table, before);
    flx_dataset_describe(table, "another", "elsewhere", NULL);
    flx_dataset_digest(table, after);
    assert_text(after, before);
    table->values[0] = nextafter(table->values[0], 2);
    flx_dataset_digest(table, after);
    assert_true(strcmp(before, after) != 0);
    table->values[0] = 1;
    table->columns[0].kind = FLX_STATE;
    flx_dataset_digest(table, after);
    assert_true(strcmp(before, after) != 0);
    flx_dataset_destroy(table);
}

static void assert_unwritable(flx_dataset *table, const char *message)
{
    flx_error error = {0};
    assert_int(flx_dataset_write(table, scratch_path("t.h5"), &error), FLX_BAD_INPUT);
    assert_contains(error.message, message);
    assert_int(scratch_count(), 0);
}

static void writes_no_table_that_could_not_be_read(void)
{
    scratch_begin();
    static const char *const twice[] = {"a:k", "a:k"};
    flx_dataset *table = make(1, 2, twice);
    assert_unwritable(table, "two columns are named \"a:k\"");
    flx_dataset_name_column(table, 1, "no colon", FLX_KNOB, "", NULL);
    assert_unwritable(table, "column 1 is named \"no colon\", expected SERVICE:NAME");
    flx_dataset_name_column(table, 1, "a:b\n", FLX_KNOB, "", NULL);
    assert_unwritable(table, "the name of column 1 holds a control character");
    flx_dataset_name_column(table, 1, "a:b", FLX_KNOB, "", NULL);
    table->values[1] = -INFINITY;
    assert_unwritable(table, "row 0 of column a:b is infinite");
    flx_dataset_destroy(table);
    assert_int(flx_dataset_create(1, 1, &table, NULL), FLX_OK);
    assert_unwritable(table, "column 0 has no name");
    flx_dataset_destroy(table);
    scratch_end();
}

static void leaves_the_old_file_when_the_disk_is_full(void)
{
    scratch_begin();
    flx_dataset *table = make_sample(), *again = NULL;
    flx_error error = {0};
    struct rlimit before, tight;
    const char *path = scratch_path("t.h5");
    assert_int(flx_dataset_write(table, path, &error), FLX_OK);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &tight);
    assert_int(flx_dataset_write(table, path, &error), FLX_IO_FAILED);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_contains(error.message, "t.h5: cannot be written");
    assert_int(flx_dataset_read(path, &again, &error), FLX_OK);
    assert_int(scratch_count(), 1);
    assert_int(flx_dataset_write(table, "/dev/full", &error), FLX_IO_FAILED);
    flx_dataset_destroy(again);
    flx_dataset_destroy(table);
    scratch_end();
}

static void a_window_takes_the_newest_seconds(void)
{
    static const char *const names[] = {"a:k"};
    static const int64_t times[] = {100, 160, 130, 190, 70, 200};
    flx_dataset *table = make(6, 1, names), *newest = NULL;
    flx_error error = {0};
    assert_int(flx_dataset_newest(table, 40, &newest, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "no /time");
    table->time = malloc(sizeof times);
    memcpy(table->time, times, sizeof times);
    assert_int(flx_dataset_newest(table, 40, &newest, &error), FLX_OK);
    assert_int(newest->rows, 2); /* 190 and 200; 160 is 40 s old, not newer */
    assert_int((long)newest->time[0], 190);
    flx_dataset_destroy(newest);
    flx_dataset_destroy(table);
}

CU_TestInfo dataset_tests[] = {
    {"starts with missing cells", starts_with_missing_cells},
    {"reads back what it wrote", reads_back_what_it_wrote},
    {"keeps the smallest table", keeps_the_smallest_table},
    {"keeps a large table", keeps_a_large_table},
    {"selects rows with all they have", selects_rows_with_all_they_have},
    {"digests content and not description", digests_content_and_not_description},
    {"writes no table that could not be read", writes_no_table_that_could_not_be_read},
    {"leaves the old file when the disk is full",
     leaves_the_old_file_when_the_disk_is_full},
    {"a window takes the newest seconds", a_window_takes_the_newest_seconds},
    CU_TEST_INFO_NULL,
};
