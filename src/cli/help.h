/* Texts that help and man pages share. */
#pragma once

#include "cli/verbs.h"
#include "spec/spec-fields.h"

typedef struct {
	int status;
	const char *meaning;
} ExitStatus;

/* Ended by a NULL meaning. */
extern const ExitStatus exit_statuses[];

/* "--name NAME", "--connect[=VIA]"; caller frees. */
char *help_option(const Option *option);
/* "SIZE from 16M to 16T", "on or off"; caller frees. */
char *help_values(const SpecField *field);
/* "at creation only", "while it is off", ... */
const char *help_change(const SpecField *field);
/* "memory", "disk0.file" as an example of a path of @field; caller frees. */
char *help_path(const SpecField *field);
