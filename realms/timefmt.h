/* Timestamps as people and protocols write them: RFC 3339, UTC, milliseconds. */
#ifndef REALMS_TIMEFMT_H
#define REALMS_TIMEFMT_H

#include "realms/realm.h"

enum { TIME_TEXT = 25 };  /* "2026-06-14T18:41:56.123Z" and a NUL */

/* Writes unix_ms, years 1970..9999. */
void time_write(wamp_ms unix_ms, char out[TIME_TEXT]);

/* Reads date, "T", time, optional fraction (cut to ms), "Z" or an offset. */
bool time_read(struct str text, wamp_ms *unix_ms);

#endif
