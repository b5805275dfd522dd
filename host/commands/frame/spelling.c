/* SPDX-License-Identifier: MIT
 * Edit distance with swapped neighbours counted as one edit (optimal string alignment):
 * most slips of the hand are one edit, and a distant suggestion would mislead. */
#include "host/commands/frame/spelling.h"

#include <string.h>

enum { LONGEST = 48 }; /* longer words are not options or verbs */

static int least(int a, int b, int c)
{
    int least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

static int edit_distance(const char *a, const char *b)
{
    int n = (int)strlen(a), m = (int)strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    int cost[LONGEST + 1][LONGEST + 1];
    for (int i = 0; i <= n; i++)
        cost[i][0] = i;
    for (int j = 0; j <= m; j++)
        cost[0][j] = j;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            int changed = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cost[i][j] = least(changed, cost[i - 1][j] + 1, cost[i][j - 1] + 1);
            int swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && cost[i - 2][j - 2] + 1 < cost[i][j])
                cost[i][j] = cost[i - 2][j - 2] + 1;
        }
    return cost[n][m];
}

flx_spelling flx_spelling_start(const char *word)
{
    /* One edit in four letters; at least one, so that short words can be mended too. */
    int bound = (int)strlen(word) / 4;
    return (flx_spelling){.word = word, .distance = (bound < 1 ? 1 : bound) + 1};
}

void flx_spelling_offer(flx_spelling *suggestion, const char *candidate)
{
    size_t typed = strlen(suggestion->word);
    int distance = edit_distance(suggestion->word, candidate);
    /* An abbreviation is as good as one slip. */
    if (typed >= 3 && strncmp(suggestion->word, candidate, typed) == 0)
        distance = 1;
    if (distance < suggestion->distance) {
        suggestion->best = candidate;
        suggestion->distance = distance;
    }
}
