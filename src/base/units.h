/*
 * Units and names as people write them.
 *
 * Sizes are bytes; K, M, G, T are powers of 1024 (an "iB" or "B" behind them is allowed), as QEMU and
 * Hyper-V count memory. A bare number is bytes. Durations are milliseconds: "500ms", "60s", "5m", "2h"; a bare
 * number is seconds. Times are RFC 3339 in UTC.
 */
#pragma once

#include <glib.h>

gboolean units_parse_size(const char *text, guint64 *bytes, GError **error);
char *units_format_size(guint64 bytes);       /* exact: "2G", "1536M", "1000" (parses back to the same) */
char *units_format_size_human(guint64 bytes); /* rounded for eyes: "1.5 GiB" */

gboolean units_parse_duration(const char *text, guint64 *ms, GError **error);
char *units_format_duration(guint64 seconds); /* for eyes: "2 d 03:04", "03:04:05" */

char *units_format_age(gint64 seconds); /* for eyes: "just now", "5 minutes ago", "3 days ago" */

char *units_format_time(gint64 unix_seconds); /* RFC 3339, "2026-11-22T20:58:00Z"; NULL for 0 or less */

/* VM, switch and checkpoint names: 1 to 100 characters (Hyper-V's limit) and at most 240 bytes of UTF-8, since they
 * become file names; no '/', no control character, no leading '.' or '-', no blank at either end. @what names the kind in the error, "VM". */
gboolean units_check_name(const char *what, const char *name, GError **error);

/* A host name out of any name, by RFC 1123: one label of at most @max (63 or less) lower-case letters, digits, hyphens; "vm" when nothing of it can be
 * kept. Caller frees. */
char *units_host_name(const char *name, gsize max);

/* Six bytes as hex with colons, unicast. */
gboolean units_check_mac(const char *text, GError **error);

/* A new locally administered MAC below QEMU's prefix 52:54:00. */
char *units_random_mac(void);
