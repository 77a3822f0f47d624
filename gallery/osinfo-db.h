/*
 * libosinfo, in this file's osinfo-db.c only. For the program carrel-osinfo, which turns what is here into one JSON document; see osinfo.h for what its members mean.
 * Blocks, and takes memory: the database is read whole (on this project's test machine 0.3 s and 55 MB).
 */
#pragma once

#include <json-glib/json-glib.h>

#include "gallery/medium.h"

typedef struct OsDb OsDb;

/* Never fails: without osinfo-db nothing is known, and osdb_size() is 0. */
OsDb *osdb_new(void);
void osdb_free(OsDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OsDb, osdb_free)
guint osdb_size(const OsDb *db);

/* Objects are owned by the caller. "known": false with a "reason" when nobody knows. */
JsonObject *osdb_iso(OsDb *db, const char *path, const IsoLook *look);
/* @id: libosinfo's, or a feed's word with its @version (or NULL). */
JsonObject *osdb_os(OsDb *db, const char *id, const char *version);

/* Media of installers and live systems that have an address, of systems that are still maintained on @day ("2026-11-23"): array of objects. */
JsonArray *osdb_installers(OsDb *db, const char *architecture, const char *day);

/* Files for an unattended installation; @request as osinfo.c writes it. NULL with CARREL_ERROR_NOT_FOUND when there is no script. */
JsonObject *osdb_script(OsDb *db, const char *os, JsonObject *request, GError **error);
