/*
 * A carreld for tests of the client and of the command line: the real API description, a few VMs that nothing stands behind.
 *
 * A test program is copied to DIR/bin as "carreld" too and becomes this service when it is run under that name, so that starting on
 * demand is tested as it really happens. What it does at its start is told by FAKE_START (see fake-service-main.c).
 */
#pragma once

#include <gio/gio.h>

/* Makes a folder with bin/carreld and bin/NAME (copies of this program), sets CARREL_HOME in it and runs bin/NAME instead of us. Returns the
 * folder in that second run. */
char *fake_service_enter(const char *name, char **argv);

/* Ends the service of this CARREL_HOME, if one runs, and waits until it is gone. */
void fake_service_end(void);

/* Whether argv[0] says that we are the service; then main() returns fake_service_main(). */
gboolean fake_service_is(const char *argv0);
int fake_service_main(int argc, char **argv);

/* For fake_service_main(): serves the objects on the socket of this CARREL_HOME. */
GDBusServer *fake_objects_listen(void);
