/* SPDX-License-Identifier: MIT
 * The program `fluxion`: finds the verb, reads its arguments, runs it, reports how it
 * ended. Whatever concerns the process as a whole is decided here and nowhere else. */
#include "host/commands/commands.h"
#include "host/commands/frame.h"

#include <errno.h>
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Of OpenBLAS, whose headers stay outside this room. It starts its threads while it is
 * loaded, before main: OPENBLAS_NUM_THREADS set here would come too late. */
extern void openblas_set_num_threads(int threads);

/* A new verb is one line here. */
static const flx_command *const flx_commands[] = {
    /* clang-format off: one a line */
    &flx_simulate_command, &flx_import_command,
    &flx_info_command,     &flx_train_command,
    &flx_evaluate_command, &flx_debug_command,
    &flx_scale_command,    &flx_replace_command,
    &flx_fit_command,      &flx_predict_command,
    &flx_tune_command,     &flx_graph_command,
    &flx_ingest_command,   &flx_export_command,
    &flx_backtest_command, &flx_bench_command,
    &flx_selftest_command, &flx_version_command,
    &flx_help_command,     NULL,
    /* clang-format on */
};

/* `verb` as it was typed: messages name it so. */
static flx_status run_verb(const char *verb, int count, char **words, flx_error *error)
{
    const flx_command *found;
    FLX_TRY(flx_find_command(flx_commands, verb, &found, error));
    if (flx_asks_for_help(count, words)) {
        flx_print_command(found);
        return FLX_OK;
    }
    flx_command command = *found;
    command.name = verb;
    flx_arguments *arguments;
    FLX_TRY(flx_arguments_parse(&command, count, words, &arguments, error));
    flx_arguments_set_verbs(arguments, flx_commands);
    omp_set_num_threads(flx_threads(arguments));
    flx_status status = command.run(arguments, error);
    flx_arguments_destroy(arguments);
    return status;
}

static flx_status run_words(int count, char **words, flx_error *error)
{
    if (count == 0)
        return flx_fail(error, FLX_BAD_INPUT,
                        "no verb is given: 'fluxion help' lists the verbs");
    const char *verb = words[0];
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0)
        verb = "help";
    if (strcmp(verb, "--version") == 0)
        verb = "version";
    return run_verb(verb, count - 1, words + 1, error);
}

/* Buffered output may fail as late as here: a reader that left, a disk that is full. */
static flx_status flush_output(flx_error *error)
{
    errno = 0;
    bool had_failed = ferror(stdout) != 0;
    if (fflush(stdout) == 0 && !had_failed)
        return FLX_OK;
    return flx_fail(error, FLX_IO_FAILED, "writing to standard output failed%s%s",
                    errno ? ": " : "", errno ? strerror(errno) : "");
}

int main(int argc, char **argv)
{
    /* A reader that leaves early (`fluxion ... | head`) is a failed write, not a kill. */
    signal(SIGPIPE, SIG_IGN);
    /* So is a file that would grow past the limit of the system. */
    signal(SIGXFSZ, SIG_IGN);
    /* Tasks run in parallel, each on one thread; a second team inside would fight the
     * first. */
    openblas_set_num_threads(1);
    flx_error error = {0};
    flx_status status = run_words(argc > 0 ? argc - 1 : 0, argv + 1, &error);
    if (status == FLX_OK)
        status = flush_output(&error);
    if (status != FLX_OK) {
        fputs("fluxion: ", stderr);
        flx_text_put(*error.message ? error.message : flx_status_text(status), stderr);
        fputc('\n', stderr);
    }
    return flx_exit_code(status);
}
