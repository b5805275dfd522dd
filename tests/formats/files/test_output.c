/* SPDX-License-Identifier: MIT */
#include "formats/files/output.h"
#include "formats/files/text_file.h"

#include "tests/close.h"
#include "tests/scratch.h"

#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_holds(const char *path, const char *expected)
{
    char *text;
    size_t length;
    flx_error error = {0};
    assert_int(flx_text_file_read(path, 1 << 20, &text, &length, &error), FLX_OK);
    assert_text(text ? text : error.message, expected);
    free(text);
}

static void appears_only_when_complete(void)
{
    scratch_begin();
    flx_output *output;
    flx_error error = {0};
    const char *path = scratch_write("out", "old");
    assert_int(flx_output_begin(path, &output, &error), FLX_OK);
    fputs("new", flx_output_stream(output));
    fflush(flx_output_stream(output));
    assert_holds(path, "old");
    assert_int(flx_output_commit(output, &error), FLX_OK);
    assert_holds(path, "new");
    assert_int(scratch_count(), 1);
    scratch_end();
}

static void leaves_nothing_when_abandoned(void)
{
    scratch_begin();
    flx_output *output;
    assert_int(flx_output_begin(scratch_path("out"), &output, NULL), FLX_OK);
    fputs("new", flx_output_stream(output));
    flx_output_abandon(output);
    flx_output_abandon(NULL);
    assert_int(scratch_count(), 0);
    scratch_end();
}

static void gives_files_their_usual_permissions(void)
{
    scratch_begin();
    mode_t before = umask(027);
    assert_int(flx_output_write(scratch_path("out"), "x", 1, NULL), FLX_OK);
    umask(before);
    struct stat about;
    assert_int(stat(scratch_path("out"), &about), 0);
    assert_int(about.st_mode & 0777, 0640);
    scratch_end();
}

static void names_what_cannot_be_written(void)
{
    scratch_begin();
    flx_output *output;
    flx_error error = {0};
    assert_int(flx_output_begin(scratch_path("absent/out"), &output, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "absent/out: cannot be created");
    assert_int(flx_output_begin(scratch_path("."), &output, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "not of a folder");
    assert_int(flx_output_begin(scratch_path("new/"), &output, &error), FLX_BAD_INPUT);
    assert_int(flx_output_begin("", &output, &error), FLX_BAD_INPUT);
    assert_true(output == NULL);
    scratch_end();
}

/* /dev/full accepts nothing, and must still be a device afterwards. */
static void survives_a_full_device(void)
{
    scratch_begin();
    flx_error error = {0};
    struct stat about;
    assert_int(flx_output_write("/dev/full", "x", 1, &error), FLX_IO_FAILED);
    assert_contains(error.message, "/dev/full: cannot be written: No space left");
    assert_true(stat("/dev/full", &about) == 0 && S_ISCHR(about.st_mode));
    assert_int(flx_output_write("/dev/null", "x", 1, &error), FLX_OK);
    scratch_end();
}

static flx_status write_with_limit(const char *path, size_t length, flx_error *error)
{
    struct rlimit before, tight;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    tight = before;
    tight.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &tight);
    char *bytes = calloc(length, 1);
    flx_status status = flx_output_write(path, bytes, length, error);
    free(bytes);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    return status;
}

static void leaves_nothing_behind_when_it_does_not_fit(void)
{
    scratch_begin();
    flx_error error = {0};
    const char *path = scratch_write("out", "old");
    assert_int(write_with_limit(path, 100000, &error), FLX_IO_FAILED);
    assert_contains(error.message, "out: cannot be written: File too large");
    assert_holds(path, "old");
    assert_int(scratch_count(), 1);
    assert_int(write_with_limit(path, 5000, &error), FLX_IO_FAILED);
    assert_holds(path, "old");
    assert_int(scratch_count(), 1);
    scratch_end();
}

static void follows_a_link(void)
{
    scratch_begin();
    const char *file = scratch_write("file", "old"), *link = scratch_path("link");
    assert_int(symlink("file", link), 0);
    assert_int(flx_output_write(link, "new", 3, NULL), FLX_OK);
    struct stat about;
    assert_true(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    assert_holds(file, "new");
    scratch_end();
}

static void put_inside(const flx_output *output, const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", flx_output_path(output), name);
    assert_int(flx_output_write(path, text, strlen(text), NULL), FLX_OK);
}

static void replaces_a_folder_as_a_whole(void)
{
    scratch_begin();
    flx_output *output;
    flx_error error = {0};
    for (int round = 0; round < 2; round++) {
        assert_int(
            flx_output_begin_directory(scratch_path("model/"), "mark", &output, &error),
            FLX_OK);
        put_inside(output, "mark", round ? "second" : "first");
        if (round == 0)
            put_inside(output, "only-first", "x");
        assert_int(flx_output_commit(output, &error), FLX_OK);
        assert_int(scratch_count(), 1);
    }
    assert_holds(scratch_path("model/mark"), "second");
    assert_true(access(scratch_path("model/only-first"), F_OK) != 0);
    scratch_end();
}

static void refuses_to_replace_the_folder_of_others(void)
{
    scratch_begin();
    flx_output *output;
    flx_error error = {0};
    const char *folder = scratch_path("home"), *file = scratch_path("file");
    assert_int(mkdir(folder, 0755), 0);
    scratch_write("home/letter", "dear");
    assert_int(flx_output_begin_directory(folder, "mark", &output, &error),
               FLX_BAD_INPUT);
    assert_contains(error.message, "home: this folder holds other things (no mark)");
    scratch_write("file", "");
    assert_int(flx_output_begin_directory(file, "mark", &output, &error), FLX_BAD_INPUT);
    assert_holds(scratch_path("home/letter"), "dear");
    assert_int(scratch_count(), 2);
    scratch_end();
}

static void abandons_a_folder_with_its_content(void)
{
    scratch_begin();
    flx_output *output;
    assert_int(mkdir(scratch_path("empty"), 0755), 0);
    assert_int(flx_output_begin_directory(scratch_path("empty"), "mark", &output, NULL),
               FLX_OK);
    put_inside(output, "mark", "x");
    assert_int(scratch_count(), 2);
    flx_output_abandon(output);
    assert_int(scratch_count(), 1);
    scratch_end();
}

static void reads_no_more_than_asked_for(void)
{
    scratch_begin();
    char *text;
    size_t length;
    flx_error error = {0};
    const char *path = scratch_write("long", "0123456789");
    assert_int(flx_text_file_read(path, 10, &text, &length, &error), FLX_OK);
    assert_int((long)length, 10);
    free(text);
    assert_int(flx_text_file_read(path, 9, &text, &length, &error), FLX_BAD_INPUT);
    assert_contains(error.message, "longer than 9 bytes");
    assert_int(flx_text_file_read("/dev/zero", 1 << 20, &text, &length, &error),
               FLX_BAD_INPUT);
    assert_true(text == NULL);
    scratch_end();
}

CU_TestInfo output_tests[] = {
    {"appears only when complete", appears_only_when_complete},
    {"leaves nothing when abandoned", leaves_nothing_when_abandoned},
    {"gives files their usual permissions", gives_files_their_usual_permissions},
    {"names what cannot be written", names_what_cannot_be_written},
    {"survives a full device", survives_a_full_device},
    {"leaves nothing behind when it does not fit",
     leaves_nothing_behind_when_it_does_not_fit},
    {"follows a link", follows_a_link},
    {"replaces a folder as a whole", replaces_a_folder_as_a_whole},
    {"refuses to replace the folder of others", refuses_to_replace_the_folder_of_others},
    {"abandons a folder with its content", abandons_a_folder_with_its_content},
    {"reads no more than asked for", reads_no_more_than_asked_for},
    CU_TEST_INFO_NULL,
};
