/* SPDX-License-Identifier: MIT
 * A repository that several processes use at once, some of which are killed: what is
 * there is always whole and right. */
#include "host/regression/model_repository.h"

#include "kernels/formulas/philox.h"

#include "tests/close.h"
#include "tests/host/regression/stored_models.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 3, SHARED = 40, ROUNDS = 300 };

/* Walks through the same models as the others, each beginning elsewhere, and looks at all
 * of them all the time. 0 where nothing was ever wrong. */
static int store_and_find(const char *path, int process)
{
    flx_repository *repository;
    if (flx_repository_open(path, &repository, NULL) != FLX_OK)
        return 1;
    for (int i = 0; i < SHARED; i++) {
        int k = (i + process * SHARED / PROCESSES) % SHARED;
        if (find_numbered_model(repository, k) < 0)
            return 2;
        if (store_numbered_model(repository, k, NULL) != FLX_OK)
            return 3;
        for (int other = 0; other < SHARED; other++)
            if (find_numbered_model(repository, other) < (other == k))
                return 4;
    }
    flx_repository_close(repository);
    return 0;
}

static void is_shared_by_processes(void)
{
    scratch_begin();
    pid_t children[PROCESSES];
    for (int p = 0; p < PROCESSES; p++) {
        children[p] = fork();
        if (children[p] == 0)
            _exit(store_and_find(scratch_path("models"), p));
    }
    for (int p = 0; p < PROCESSES; p++) {
        int outcome = 0;
        assert_true(waitpid(children[p], &outcome, 0) == children[p]);
        assert_true(WIFEXITED(outcome));
        assert_int(WEXITSTATUS(outcome), 0);
    }
    flx_repository *repository;
    flx_repository_entry *entries;
    int count;
    assert_int(flx_repository_open(scratch_path("models"), &repository, NULL), FLX_OK);
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    assert_int(count, SHARED);
    free(entries);
    flx_repository_close(repository);
    scratch_end();
}

/* Stores models of its round until it is killed, and says which are safe. */
static void store_until_killed(const char *path, int round, int pipe_end)
{
    flx_repository *repository;
    if (flx_repository_open(path, &repository, NULL) != FLX_OK)
        _exit(1);
    for (int k = round * 1000; k < (round + 1) * 1000; k++)
        if (store_numbered_model(repository, k, NULL) != FLX_OK ||
            write(pipe_end, &k, sizeof k) != sizeof k)
            _exit(2);
    _exit(0);
}

/* How many models the round has told to be safe: kills the writer at a random moment. */
static int kill_writer(const char *path, int round)
{
    int ends[2], outcome = 0, told = 0;
    assert_int(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        store_until_killed(path, round, ends[1]);
    close(ends[1]);
    /* Two of three rounds wait for a first model, one is killed at the start. */
    int first;
    if (round % 3)
        told += read(ends[0], &first, sizeof first) == sizeof first;
    usleep((useconds_t)(4000 * flx_uniform(7, 7, (uint32_t)round, 0, 0)));
    kill(child, SIGKILL);
    for (int k; read(ends[0], &k, sizeof k) == sizeof k;)
        told++;
    close(ends[0]);
    assert_true(waitpid(child, &outcome, 0) == child);
    /* It may have been done before the kill came. */
    assert_true((WIFSIGNALED(outcome) && WTERMSIG(outcome) == SIGKILL) ||
                (WIFEXITED(outcome) && WEXITSTATUS(outcome) == 0));
    return told;
}

/* Hidden files in the folder, made two hours old. */
static int age_hidden_files(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    struct timespec old[2] = {{time(NULL) - 7200, 0}, {time(NULL) - 7200, 0}};
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] == '.' && strlen(entry->d_name) > 2) {
            count++;
            assert_int(utimensat(dirfd(folder), entry->d_name, old, 0), 0);
        }
    if (folder)
        closedir(folder);
    return count;
}

static void holds_whole_models_after_hundreds_of_kills(void)
{
    scratch_begin();
    char path[512];
    strcpy(path, scratch_path("models"));
    flx_repository *repository;
    flx_repository_entry *entries;
    int told = 0, lost = 0, wrong = 0, found = 0, count;
    assert_int(flx_repository_open(path, &repository, NULL), FLX_OK);
    for (int round = 0; round < ROUNDS; round++) {
        int safe = kill_writer(path, round), k = round * 1000, is_there;
        for (; (is_there = find_numbered_model(repository, k)) == 1; k++)
            found++;
        wrong += is_there < 0;
        lost += k - round * 1000 < safe;
        told += safe;
    }
    assert_int(wrong, 0);
    assert_int(lost, 0);
    assert_true(told >= ROUNDS / 2); /* the test has something to lose */
    assert_int(flx_repository_list(repository, &entries, &count, NULL), FLX_OK);
    assert_int(count, found);
    free(entries);
    flx_repository_close(repository);
    age_hidden_files(path);
    assert_int(flx_repository_open(path, &repository, NULL), FLX_OK);
    assert_int(age_hidden_files(path), 0);
    flx_repository_close(repository);
    scratch_end();
}

CU_TestInfo model_repository_crowd_tests[] = {
    {"is shared by processes", is_shared_by_processes},
    {"holds whole models after hundreds of kills",
     holds_whole_models_after_hundreds_of_kills},
    CU_TEST_INFO_NULL,
};
