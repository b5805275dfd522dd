/* SPDX-License-Identifier: MIT
 * The progress bar, seen through a pseudo-terminal. */
#include "host/commands/frame/progress_bar.h"

#include "tests/close.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Half of the work in ten seconds, then the end. A report soon after the last drawing,
 * here as if it were yet to come, is not drawn: the test must not depend on its own
 * speed. */
static void draw_half(void)
{
    flx_bar bar;
    flx_progress progress = flx_bar_start(&bar, "fit\x1B");
    bar.started -= 10;
    bar.drawn -= 10;
    flx_progress_report(&progress, 50, 100);
    bar.drawn += 60;
    flx_progress_report(&progress, 51, 100);
    flx_bar_finish(&bar);
}

/* What comes out of `source` until it is quiet: a terminal passes text on in pieces. */
static void read_all(int source, char *text, size_t size)
{
    size_t length = 0;
    struct pollfd wait = {.fd = source, .events = POLLIN};
    while (length < size - 1 && poll(&wait, 1, 200) > 0) {
        ssize_t piece = read(source, text + length, size - 1 - length);
        if (piece <= 0)
            break;
        length += (size_t)piece;
    }
    text[length] = '\0';
}

/* Runs `act` with `stream` turned to `target`; returns what can be read from `source`. */
static void capture(void (*act)(void), int stream, int target, int source, char *text,
                    size_t size)
{
    fflush(NULL);
    int saved = dup(stream);
    dup2(target, stream);
    act();
    fflush(NULL);
    dup2(saved, stream);
    close(saved);
    read_all(source, text, size);
}

static void draws_on_a_terminal(void)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    CU_ASSERT_FATAL(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int screen = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    CU_ASSERT_FATAL(screen >= 0);
    setenv("TERM", "xterm", 1);
    char text[512];
    capture(draw_half, STDERR_FILENO, screen, terminal, text, sizeof text);
    assert_contains(text, "\r\x1B[Kfit? [############............]  50%  0:1");
    assert_contains(text, " left\r\x1B[K");
    assert_true(strstr(text, "51%") == NULL);
    setenv("TERM", "dumb", 1);
    capture(draw_half, STDERR_FILENO, screen, terminal, text, sizeof text);
    assert_text(text, "");
    close(screen);
    close(terminal);
}

static void draws_nothing_into_a_file(void)
{
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    setenv("TERM", "xterm", 1);
    char text[64];
    capture(draw_half, STDERR_FILENO, fileno(file), fileno(file), text, sizeof text);
    assert_int(ftell(file), 0);
    fclose(file);
}

CU_TestInfo progress_bar_tests[] = {
    {"draws on a terminal", draws_on_a_terminal},
    {"draws nothing into a file", draws_nothing_into_a_file},
    CU_TEST_INFO_NULL,
};
