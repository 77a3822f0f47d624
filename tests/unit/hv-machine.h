/* A machine in a test: a folder, a run directory, the fake or the real QEMU, and what its watch saw. */
#pragma once

#include "hv-util.h"
#include "hv/qmp-cmds.h"

#define TEST_ID "6f1d2c3b-0a1b-4c5d-8e9f-102030405060"

typedef struct {
	QemuCaps *caps; /* the fake's */
	char *folder, *log;
	MachineOptions options;
	GString *events; /* "running paused ... " */
	char *detail;    /* of the last event that had one */
	gboolean gone;
	Machine *free_when_gone; /* freed within the last event */
	gboolean no_balloon;     /* as a clone that was saved */
	MemoryKind memory_kind;  /* of the next start; the file is "memory" in the folder */
} MachineFixture;

/* For g_test_add(); @tricks as in fake-qemu.h. The second form takes other test data. */
void machine_set_up(MachineFixture *fixture, gconstpointer tricks);
void machine_set_up_plain(MachineFixture *fixture, gconstpointer data);
void machine_tear_down(MachineFixture *fixture, gconstpointer data);

/* Takes the real QEMU instead; FALSE and the test skipped when there is none. */
gboolean machine_use_real(MachineFixture *fixture);

/* BIOS, 64 MiB, no disk. */
extern const char *const machine_plain[];

/* Command line for test_spec(@settings). Caller frees. */
char **machine_argv(MachineFixture *fixture, const char *const *settings, const Firmware *firmware,
		    gboolean incoming);

/* A spawned machine; an error fails the test. */
Machine *machine_start(MachineFixture *fixture, const char *const *settings, const Firmware *firmware,
		       gboolean incoming);

/* Kills it, waits for its end, frees it. */
void machine_end(MachineFixture *fixture, Machine *machine);

/* No file and no child is left. */
void machine_assert_nothing_left(void);

/* Runs a command that must succeed. */
void machine_run(Machine *machine, void (*command)(Machine *, GAsyncReadyCallback, gpointer));
/* The same for any QMP command; gives the answer's text. Caller frees. */
char *machine_ask(Machine *machine, const char *command, JsonNode *arguments);
void machine_assert_state(Machine *machine, const char *state);
