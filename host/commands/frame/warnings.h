/* SPDX-License-Identifier: MIT
 * Sentences that several verbs say on stderr. */
#ifndef FLX_WARNINGS_H
#define FLX_WARNINGS_H

/* Of `total` knobs and states that a model reads, `absent` have no column in the table.
 * Nothing where none is absent. */
void flx_warn_absent(int absent, int total);
#endif
