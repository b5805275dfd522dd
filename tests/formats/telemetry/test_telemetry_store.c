/* SPDX-License-Identifier: MIT
 * The store under every kind of damage: cut off and changed at every byte, a full disk,
 * two writers, folders of others. */
#include "formats/telemetry/telemetry.h"
#include "formats/telemetry/telemetry_folder.h"
#include "formats/telemetry/telemetry_store.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const test_sample samples[] = {
    {"s/web/0/p90", FLX_CONTINUOUS, 100, 1.25, NULL},
    {"s/web/0/mode", FLX_CHOICES, 99, 0, "fast"},
    {"s/web/0/p90", FLX_CONTINUOUS, 90, -7e300, NULL},
    {"s/db/1/threads", FLX_DISCRETE, FLX_SEQ_NUM_MAX, 8, NULL},
    {"s/web/0/p90", FLX_CONTINUOUS, 0, 5e-324, NULL},
};
/* What block b of a small store holds: samples[starts[b]] to samples[starts[b + 1] - 1].
 */
enum { BLOCKS = 3 };
static const int starts[BLOCKS + 1] = {0, 3, 4, 5};
#define FIRST_TEXT                                                                       \
    "s/web/0/p90 100 1.25\ns/web/0/mode 99 fast\n"                                       \
    "s/web/0/p90 90 -6.9999999999999998e+300\n"
static const char *const texts[BLOCKS] = {
    FIRST_TEXT,
    "s/db/1/threads 4611686018427387904 8\n",
    "s/web/0/p90 0 4.9406564584124654e-324\n",
};

static flx_store *open_store(void)
{
    flx_store *store;
    flx_error error = {0};
    flx_block_visitor visitor = {0};
    flx_store_open(scratch_path("store"), FLX_SEQ_NUM_MAX, &visitor, &store, &error);
    assert_text(error.message, "");
    return store;
}

static void append_block(flx_store *store, int block)
{
    append_samples(store, samples + starts[block], starts[block + 1] - starts[block]);
}

/* The first segment of a store of three blocks, as bytes, and where its blocks end. */
static char *make_small_store(size_t ends[BLOCKS])
{
    flx_store *store = open_store();
    for (int b = 0; b < BLOCKS; b++) {
        append_block(store, b);
        struct stat about;
        assert_int(stat(scratch_path("store/segment-0000000001.telemetry"), &about), 0);
        ends[b] = (size_t)about.st_size;
    }
    flx_store_close(store);
    size_t length;
    char *bytes = load_bytes(scratch_path("store/segment-0000000001.telemetry"), &length);
    assert_int((long)length, (long)ends[BLOCKS - 1]);
    return bytes;
}

static void assert_stored(const char *expected, flx_store_health *health)
{
    char *text = stored_text(scratch_path("store"), health);
    assert_text(text, expected);
    free(text);
}

static void gives_back_what_it_was_given(void)
{
    scratch_begin();
    size_t ends[BLOCKS];
    flx_store_health health;
    char all[400] = "";
    for (int b = 0; b < BLOCKS; b++)
        strcat(all, texts[b]);
    free(make_small_store(ends));
    assert_stored(all, &health);
    assert_int(health.n_segments, 1);
    assert_int(health.blocks, BLOCKS);
    assert_int(health.damaged_bytes + health.torn_bytes, 0);
    scratch_end();
}

static void reads_dictionaries_alone(void)
{
    scratch_begin();
    size_t ends[BLOCKS];
    free(make_small_store(ends));
    flx_segment_state state = {.number = 7};
    flx_block_visitor visitor = {0};
    flx_error error = {0};
    const char *path = scratch_path("store/segment-0000000001.telemetry");
    assert_int(flx_segment_read(path, 1000, &visitor, &state, &error), FLX_OK);
    assert_int(state.blocks, BLOCKS);
    assert_int(state.first, 100);
    assert_int(state.newest, 100); /* the far time of the second block does not count */
    visitor.with_samples = true;
    assert_int(flx_segment_read(scratch_path("absent"), 1000, &visitor, &state, &error),
               FLX_OK);
    assert_true(state.is_gone);
    scratch_end();
}

/* A writer that was stopped after any number of bytes loses no earlier block, and the
 * next writer goes on behind it. */
static void survives_being_cut_off_at_every_byte(void)
{
    scratch_begin();
    size_t ends[BLOCKS];
    flx_store_health health;
    char *bytes = make_small_store(ends);
    const char *path = scratch_path("store/segment-0000000001.telemetry");
    for (size_t length = 0; length < ends[BLOCKS - 1]; length++) {
        char expected[400] = "", torn_path[512];
        size_t whole = 0;
        for (int b = 0; b < BLOCKS && ends[b] <= length; b++) {
            strcat(expected, texts[b]);
            whole = ends[b];
        }
        snprintf(torn_path, sizeof torn_path, "%s", path);
        save_bytes(torn_path, bytes, length);
        assert_stored(expected, &health);
        assert_int(health.torn_bytes, (long)(length - whole));
        assert_int(health.damaged_bytes, 0);
        flx_store *store = open_store();
        assert_int(flx_store_health_at_open(store).torn_bytes, (long)(length - whole));
        append_block(store, 2);
        flx_store_close(store);
        strcat(expected, texts[2]);
        assert_stored(expected, &health);
        assert_int(health.torn_bytes + health.damaged_bytes, 0);
        path = scratch_path("store/segment-0000000001.telemetry");
    }
    free(bytes);
    scratch_end();
}

/* A changed byte costs the block it stands in, no other, and is reported; the next writer
 * leaves it and goes on. */
static void loses_one_block_to_a_changed_byte(void)
{
    scratch_begin();
    size_t ends[BLOCKS];
    flx_store_health health;
    char *bytes = make_small_store(ends);
    for (size_t at = 0; at < ends[BLOCKS - 1]; at++) {
        char expected[400] = "";
        size_t begin = 0, lost = 0;
        for (int b = 0; b < BLOCKS; b++) {
            if (at < begin || at >= ends[b])
                strcat(expected, texts[b]);
            else
                lost = ends[b] - begin;
            begin = ends[b];
        }
        bytes[at] ^= 0x10;
        save_bytes(scratch_path("store/segment-0000000001.telemetry"), bytes,
                   ends[BLOCKS - 1]);
        bytes[at] ^= 0x10;
        assert_stored(expected, &health);
        assert_int(health.damaged_bytes, (long)lost);
        assert_int(health.torn_bytes, 0);
        flx_store *store = open_store();
        append_block(store, 1);
        flx_store_close(store);
        strcat(expected, texts[1]);
        assert_stored(expected, &health);
        assert_int(health.damaged_bytes, (long)lost);
    }
    free(bytes);
    scratch_end();
}

static void cuts_off_zeros_of_a_power_cut(void)
{
    scratch_begin();
    size_t ends[BLOCKS];
    flx_store_health health;
    free(make_small_store(ends));
    assert_int(truncate(scratch_path("store/segment-0000000001.telemetry"),
                        (off_t)ends[2] + 3000000),
               0);
    flx_store *store = open_store();
    assert_int(flx_store_health_at_open(store).torn_bytes, 3000000);
    flx_store_close(store);
    char *text = stored_text(scratch_path("store"), &health);
    assert_int(health.bytes, (long)ends[2]);
    free(text);
    scratch_end();
}

/* Damage longer than the piece that is searched at a time. */
static void finds_the_next_block_behind_much_damage(void)
{
    enum { NOISE = 2500001 };
    scratch_begin();
    size_t ends[BLOCKS];
    flx_store_health health;
    char *bytes = make_small_store(ends), *noise = malloc(NOISE + ends[2]);
    for (int i = 0; i < NOISE; i++)
        noise[i] = (char)(i % 251);
    memcpy(noise + NOISE, bytes, ends[2]);
    save_bytes(scratch_path("store/segment-0000000001.telemetry"), noise,
               NOISE + ends[2]);
    char *text = stored_text(scratch_path("store"), &health);
    assert_int(health.blocks, BLOCKS);
    assert_int(health.damaged_bytes, NOISE);
    free(text);
    free(noise);
    free(bytes);
    scratch_end();
}

static flx_status append_with_limit(flx_store *store, rlim_t limit, flx_error *error)
{
    struct rlimit before, tight;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = limit;
    setrlimit(RLIMIT_FSIZE, &tight);
    flx_block block = {0};
    int stream = flx_block_add_stream(&block, "s/web/0/p90", FLX_CONTINUOUS);
    flx_block_add_sample(&block, &(flx_block_sample){stream, 1, 1, NULL});
    assert_true(flx_block_seal(&block));
    flx_status status = flx_store_append(store, &block, FLX_SEQ_NUM_MAX, error);
    flx_block_release(&block);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    return status;
}

/* At every byte at which the disk may be full. */
static void keeps_what_was_safe_when_the_disk_is_full(void)
{
    scratch_begin();
    flx_store_health health;
    flx_store *store = open_store();
    append_block(store, 1);
    flx_store_close(store);
    struct stat about;
    assert_int(stat(scratch_path("store/segment-0000000001.telemetry"), &about), 0);
    for (rlim_t more = 0; more < 80; more++) {
        flx_error error = {0};
        store = open_store();
        assert_int(append_with_limit(store, (rlim_t)about.st_size + more, &error),
                   FLX_IO_FAILED);
        assert_contains(error.message,
                        "segment 1 cannot be written: File too large; what was "
                        "acknowledged is safe");
        assert_int(append_with_limit(store, RLIM_INFINITY, &error), FLX_IO_FAILED);
        assert_contains(error.message, "an earlier write failed");
        flx_store_close(store);
        assert_stored(texts[1], &health);
        assert_int(health.torn_bytes, 0);
    }
    store = open_store();
    append_block(store, 2);
    flx_store_close(store);
    scratch_end();
}

static void has_one_writer_at_a_time(void)
{
    scratch_begin();
    flx_store *first = open_store(), *second;
    flx_error error = {0};
    flx_block_visitor visitor = {0};
    assert_int(flx_store_open(scratch_path("store"), 0, &visitor, &second, &error),
               FLX_IO_FAILED);
    assert_contains(error.message, "another process is writing to this store");
    assert_true(second == NULL);
    append_block(first, 1);
    flx_store_health health;
    assert_stored(texts[1], &health); /* a reader needs no lock */
    flx_store_close(first);
    flx_store_close(open_store());
    flx_store_close(NULL);
    scratch_end();
}

static void leaves_folders_of_others_alone(void)
{
    scratch_begin();
    flx_store *store;
    flx_error error = {0};
    flx_block_visitor visitor = {0};
    const char *home = scratch_path("home"), *file = scratch_write("file", "x");
    assert_int(mkdir(home, 0755), 0);
    scratch_write("home/letter", "dear");
    assert_int(flx_store_open(home, 0, &visitor, &store, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "this folder is no telemetry store");
    assert_true(access(scratch_path("home/fluxion-store"), F_OK) != 0);
    assert_int(flx_store_open(file, 0, &visitor, &store, &error), FLX_BAD_INPUT);
    assert_int(flx_store_open(scratch_path("a/b"), 0, &visitor, &store, &error),
               FLX_BAD_INPUT);
    scratch_write("home/fluxion-store", "fluxion-store 9\n");
    assert_int(flx_store_open(home, 0, &visitor, &store, &error), FLX_BAD_INPUT);
    flx_store_health health;
    assert_int(flx_store_read(home, 0, &visitor, &health, &error), FLX_BAD_INPUT);
    assert_int(flx_store_read(scratch_path("absent"), 0, &visitor, &health, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "absent: the store cannot be read");
    scratch_end();
}

static void completes_a_store_whose_making_was_cut_off(void)
{
    scratch_begin();
    flx_store_health health;
    assert_int(mkdir(scratch_path("store"), 0755), 0);
    flx_store_close(open_store()); /* an empty folder may become a store */
    scratch_write("store/fluxion-store", "fluxion-st");
    flx_store *store = open_store();
    append_block(store, 1);
    flx_store_close(store);
    scratch_write("store/segment-1.telemetry", "of others");
    scratch_write("store/notes", "of others");
    assert_stored(texts[1], &health);
    scratch_end();
}

/* Check sums are no proof of sense: a header with a good sum and absurd counts. */
static void refuses_counts_that_do_not_fit(void)
{
    size_t length = FLX_BLOCK_HEADER_BYTES;
    flx_block block = {0};
    flx_block_header header;
    int stream = flx_block_add_stream(&block, "s/web/0/p90", FLX_CONTINUOUS);
    flx_block_add_sample(&block, &(flx_block_sample){stream, 1, 1, NULL});
    block.n_samples = 1000;
    assert_true(flx_block_seal(&block) && block.whole.used > length);
    assert_true(!flx_block_read_header(block.whole.data, &header));
    block.n_samples = 1;
    assert_true(flx_block_seal(&block));
    assert_true(flx_block_read_header(block.whole.data, &header));
    block.samples.data[0] = 9; /* a stream that the block does not have */
    assert_true(flx_block_seal(&block));
    flx_stored_block stored = {.header = header, .streams = block.streams};
    stored.samples = block.samples.data;
    flx_sample_cursor cursor = flx_block_samples(&stored);
    flx_block_sample sample;
    assert_true(!flx_block_next(&cursor, &sample));
    flx_block_release(&block);
}

CU_TestInfo telemetry_store_tests[] = {
    {"gives back what it was given", gives_back_what_it_was_given},
    {"reads dictionaries alone", reads_dictionaries_alone},
    {"survives being cut off at every byte", survives_being_cut_off_at_every_byte},
    {"loses one block to a changed byte", loses_one_block_to_a_changed_byte},
    {"cuts off zeros of a power cut", cuts_off_zeros_of_a_power_cut},
    {"finds the next block behind much damage", finds_the_next_block_behind_much_damage},
    {"keeps what was safe when the disk is full",
     keeps_what_was_safe_when_the_disk_is_full},
    {"has one writer at a time", has_one_writer_at_a_time},
    {"leaves folders of others alone", leaves_folders_of_others_alone},
    {"completes a store whose making was cut off",
     completes_a_store_whose_making_was_cut_off},
    {"refuses counts that do not fit", refuses_counts_that_do_not_fit},
    CU_TEST_INFO_NULL,
};
