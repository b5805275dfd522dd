/* SPDX-License-Identifier: MIT
 * Assertions that print both values. Not for use inside an OpenMP region. */
#ifndef FLX_TEST_CLOSE_H
#define FLX_TEST_CLOSE_H

/* |actual - expected| <= absolute + relative * |expected|; NaN only equals NaN. */
void assert_close_at(double actual, double expected, double relative, double absolute,
                     const char *file, int line);
void assert_text_at(const char *actual, const char *expected, const char *file, int line);
/* `part` occurs in `text`. */
void assert_contains_at(const char *text, const char *part, const char *file, int line);
void assert_int_at(long actual, long expected, const char *file, int line);
void assert_true_at(int condition, const char *text, const char *file, int line);

#define assert_close(actual, expected, relative, absolute)                               \
    assert_close_at(actual, expected, relative, absolute, __FILE__, __LINE__)
#define assert_text(actual, expected) assert_text_at(actual, expected, __FILE__, __LINE__)
#define assert_contains(text, part)   assert_contains_at(text, part, __FILE__, __LINE__)
#define assert_int(actual, expected)  assert_int_at(actual, expected, __FILE__, __LINE__)
#define assert_true(condition)        assert_true_at(condition, #condition, __FILE__, __LINE__)
#endif
