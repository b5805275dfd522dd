/* SPDX-License-Identifier: MIT
 * Writers that are killed: the library at every byte it writes, by a limit of the file's
 * size whose signal kills; the program at random moments, by kill -9. What was
 * acknowledged is there afterwards, with the right value, and nothing that was never
 * sent. */
#include "host/ingestion/ingestion.h"

#include "formats/telemetry/telemetry.h"
#include "formats/telemetry/telemetry_store.h"
#include "kernels/formulas/philox.h"

#include "tests/close.h"
#include "tests/formats/telemetry/stored.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Round r sends seq_num r SPAN + 1, r SPAN + 2, ... of one stream, each with the value
 * seq_num / 2: what was stored of a round must be such a sequence. */
enum { ROUNDS = 300, SPAN = 1000000, BYTES = 300, BLOCK = 3 };

typedef struct {
    int64_t acknowledged[BYTES], stored[BYTES]; /* of every round, counted from 0 */
    int wrong;
} journal;

static int write_line(char *line, size_t room, int64_t seq_num)
{
    return snprintf(line, room,
                    "{\"stream_uri\": \"s/web/0/p90\", \"type\": \"continuous\", "
                    "\"seq_num\": %lld, \"val\": %lld.%d}\n",
                    (long long)seq_num, (long long)(seq_num / 2), seq_num % 2 ? 5 : 0);
}

static flx_status check_block(void *context, uint64_t segment,
                              const flx_stored_block *block, flx_error *error)
{
    (void)segment, (void)error;
    journal *found = context;
    flx_sample_cursor cursor = flx_block_samples(block);
    for (flx_block_sample sample; flx_block_next(&cursor, &sample);) {
        int64_t round = sample.seq_num / SPAN, number = sample.seq_num % SPAN;
        found->wrong += sample.number != (double)sample.seq_num / 2 ||
                        number != found->stored[round] + 1;
        found->stored[round] = number;
    }
    return FLX_OK;
}

static void assert_all_there(journal *found, int rounds)
{
    flx_store_health health;
    flx_error error = {0};
    flx_block_visitor visitor = {check_block, found, true};
    assert_int(
        flx_store_read(scratch_path("store"), FLX_SEQ_NUM_MAX, &visitor, &health, &error),
        FLX_OK);
    assert_int(found->wrong, 0);
    assert_int(health.damaged_bytes, 0);
    int lost = 0;
    for (int r = 0; r < rounds; r++)
        lost += found->stored[r] < found->acknowledged[r];
    assert_int(lost, 0);
}

/* --- the library, at every byte --- */

static flx_status send_ack(void *context, int64_t seq_num, flx_error *error)
{
    int pipe_end = *(int *)context;
    if (write(pipe_end, &seq_num, sizeof seq_num) != sizeof seq_num)
        return flx_fail(error, FLX_IO_FAILED, "the parent left");
    return FLX_OK;
}

/* Until the limit kills it. */
static void ingest_until_killed(const char *folder, int round, rlim_t limit, int pipe_end)
{
    flx_ingestion *ingestion;
    flx_ingestion_options options = {.acknowledge = send_ack, .context = &pipe_end};
    struct rlimit tight = {limit, limit}, none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGXFSZ, SIG_DFL);
    if (flx_ingestion_open(folder, &options, &ingestion, NULL) != FLX_OK)
        _exit(1);
    setrlimit(RLIMIT_FSIZE, &tight);
    for (int64_t i = 1; i <= 100; i++) {
        char line[200];
        int length = write_line(line, sizeof line, (int64_t)round * SPAN + i);
        if (flx_ingestion_add_data(ingestion, line, (size_t)length, NULL) != FLX_OK ||
            (i % BLOCK == 0 && flx_ingestion_commit(ingestion, NULL) != FLX_OK))
            _exit(2);
    }
    _exit(3);
}

static int64_t kill_at_byte(const char *folder, int round, rlim_t limit)
{
    int ends[2], outcome = 0;
    assert_int(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        ingest_until_killed(folder, round, limit, ends[1]);
    close(ends[1]);
    int64_t last = (int64_t)round * SPAN;
    for (int64_t seq_num; read(ends[0], &seq_num, sizeof seq_num) == sizeof seq_num;)
        last = seq_num;
    close(ends[0]);
    assert_true(waitpid(child, &outcome, 0) == child);
    assert_true(WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGXFSZ);
    return last - (int64_t)round * SPAN;
}

static void loses_nothing_when_killed_at_any_byte(void)
{
    scratch_begin();
    journal *found = calloc(1, sizeof *found);
    const char *folder = scratch_path("store");
    char kept[512];
    snprintf(kept, sizeof kept, "%s", folder);
    for (int round = 0; round < BYTES; round++) {
        /* Every round goes on behind what the one before left, one byte further. */
        struct stat about = {0};
        stat(scratch_path("store/segment-0000000001.telemetry"), &about);
        rlim_t limit = (rlim_t)about.st_size + (rlim_t)round + 1;
        found->acknowledged[round] = kill_at_byte(kept, round, limit);
    }
    assert_all_there(found, BYTES);
    free(found);
    scratch_end();
}

/* --- the program, at random moments --- */

static pid_t start_program(const char *store, const int ends[2], const char *out)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    int acks = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int nothing = open("/dev/null", O_WRONLY);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]); /* or the pipe would never end */
    dup2(acks, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execl(FLX_PROGRAM, FLX_PROGRAM, "ingest", store, (char *)NULL);
    _exit(127);
}

static pid_t start_sender(int round, const int ends[2])
{
    pid_t child = fork();
    if (child != 0)
        return child;
    close(ends[0]); /* or the pipe would never break */
    signal(SIGPIPE, SIG_DFL);
    FILE *stream = fdopen(ends[1], "w");
    for (int64_t i = 1; stream && i < SPAN; i++) {
        char line[200];
        write_line(line, sizeof line, (int64_t)round * SPAN + i);
        fputs(line, stream);
        if (i % 500 == 0)
            usleep(500); /* the sender pauses, so that acknowledgements come often */
    }
    _exit(0);
}

static off_t size_of(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? about.st_size : 0;
}

/* The last whole "ack SEQ" line. */
static int64_t last_ack(const char *path)
{
    size_t length;
    char *text = load_bytes(path, &length);
    int64_t last = 0;
    for (char *line = text, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        long long seq_num = 0;
        assert_true(sscanf(line, "ack %lld", &seq_num) == 1);
        last = seq_num;
    }
    free(text);
    return last;
}

static int64_t kill_program(const char *store, int round)
{
    int ends[2];
    assert_int(pipe(ends), 0);
    char acks[512];
    snprintf(acks, sizeof acks, "%s", scratch_write("acks", ""));
    pid_t program = start_program(store, ends, acks);
    pid_t sender = start_sender(round, ends);
    close(ends[0]);
    close(ends[1]);
    /* Two of three rounds wait for the first acknowledgement, one is killed at the start.
     */
    for (int i = 0; round % 3 && i < 20000 && size_of(acks) == 0; i++)
        usleep(500);
    usleep((useconds_t)(15000 * flx_uniform(5, 5, (uint32_t)round, 0, 0)));
    kill(program, SIGKILL);
    int outcome = 0;
    assert_true(waitpid(program, &outcome, 0) == program);
    /* On a busy machine the program may have taken all lines before the kill came. */
    assert_true((WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL) ||
                (WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0));
    assert_true(waitpid(sender, NULL, 0) == sender);
    int64_t last = last_ack(acks);
    return last ? last - (int64_t)round * SPAN : 0;
}

static void loses_nothing_to_hundreds_of_kills(void)
{
    scratch_begin();
    journal *found = calloc(1, sizeof *found);
    char store[512];
    snprintf(store, sizeof store, "%s", scratch_path("store"));
    int acknowledged = 0;
    for (int round = 0; round < ROUNDS; round++) {
        found->acknowledged[round] = kill_program(store, round);
        acknowledged += found->acknowledged[round] > 0;
    }
    assert_true(acknowledged >= ROUNDS / 2); /* the test has something to lose */
    assert_all_there(found, ROUNDS);
    free(found);
    scratch_end();
}

CU_TestInfo ingestion_kill_tests[] = {
    {"loses nothing when killed at any byte", loses_nothing_when_killed_at_any_byte},
    {"loses nothing to hundreds of kills", loses_nothing_to_hundreds_of_kills},
    CU_TEST_INFO_NULL,
};
