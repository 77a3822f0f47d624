/* What the tests of hv/ share: waiting for asynchronous results, a store of their own, capabilities made by hand. */
#pragma once

#include <gio/gio.h>

#include "hv/host.h"
#include "hv/machine.h"
#include "hv/qemu-argv.h"
#include "spec/vm-spec.h"

/* A callback that keeps the result, and the wait for it. A test that waits longer than 120 s fails. */
typedef struct {
	GAsyncResult *result;
} Caught;

void test_catch(GObject *source, GAsyncResult *result, gpointer caught);
GAsyncResult *test_await(Caught *caught); /* borrowed until the next test_forget() */
void test_forget(Caught *caught);

/* Runs the main loop until *@condition. */
void test_wait(const gboolean *condition);

/* Sets CARREL_HOME to a fresh directory; test_home_remove() removes it. */
char *test_home(void);
void test_home_remove(char *home);

/* Runs g_test_run() with such a home. */
int test_run_in_home(void);

/* A program of the build tree, below its top. Caller frees. */
char *test_program(const char *relative);

/* Everything present, no real binary. */
QemuCaps *test_caps(void);
/* The real QEMU's; NULL when there is none. */
QemuCaps *test_real_caps(void);

/* A spec with a fixed id and name, and the given "path=value" settings; "+disk" and "+nic" add a section. */
VmSpec *test_spec(const char *const *settings);
