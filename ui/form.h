/*
 * What a form knows: rows made of the field table, their texts, what is wrong with them, what was changed. Pure; how it looks is
 * ui/form-widget.c's.
 */
#pragma once

#include "spec/spec-fields.h"

typedef enum {
	FORM_SETTINGS, /* every field of a VM that exists */
	FORM_NEW,      /* what one decides when making a VM by hand, and the disk */
	FORM_QUICK     /* the few of Quick Create's "More options" */
} FormKind;

typedef struct {
	char *path;    /* "memory", "disk0.file"; for CreateVm options the option's name */
	char *heading; /* group, on the first row of each; NULL on others */
	const SpecField *field;
	gpointer object;    /* that spec_field_get() reads; inside of the form */
	gboolean option;    /* goes into the options of CreateVm, not into its fields */
	char *text;         /* as written now */
	char *original;     /* as it was at first */
	char *error;        /* sentence, NULL = good */
	const char *locked; /* why it cannot be changed; NULL = it can. Static */
} FormRow;

typedef struct Form Form;

/* @spec is copied; @state of the VM for FORM_SETTINGS, else NULL. */
Form *form_new(FormKind kind, const VmSpec *spec, const char *state);
void form_free(Form *form);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Form, form_free)

guint form_count(const Form *form);
const FormRow *form_row(const Form *form, guint index);
/* Index of the row with @path, -1 when there is none. */
int form_find(const Form *form, const char *path);

/* The VM went to another state: other rows are locked. What was written stays. */
void form_set_state(Form *form, const char *state);

/* Writes into a row and checks it. Locked rows stay as they are. */
void form_set_text(Form *form, guint index, const char *text);
/* A value to begin with, for example the image's: does not count as changed. */
void form_preset(Form *form, const char *path, const char *text);
/* Next (or with @step -1 the last) choice of a row that has few; FALSE when it must be written. */
gboolean form_cycle(Form *form, guint index, int step);
gboolean form_has_choices(const FormRow *row);

/* Takes out a row that means nothing here. */
void form_drop(Form *form, const char *path);

gboolean form_is_changed(const FormRow *row);
/* Index of the first row that is wrong, -1 = all are good. A new VM must also have a name that can be one. */
int form_check(Form *form);
/* Puts an error that came from elsewhere (the daemon) on the row whose path or key its sentence names in `quotes'. Index of it, or -1. */
int form_place_error(Form *form, const char *sentence);

/* Changed rows as a{ss} of path and text; with @name also "name". Floating. */
GVariant *form_fields(const Form *form, gboolean name);
/* Options of CreateVm (disk_size t, disk, hostname, password, ssh_keys s) that were given, and FORM_QUICK's instant b, into @options. */
void form_add_options(const Form *form, GVariantDict *options);
