/* What the files of a delivery share. Nobody else includes this. */
#pragma once

#include "base/steps.h"
#include "gallery/deliver.h"
#include "gallery/unpack.h"

typedef struct {
	GTask *task;
	Steps *steps; /* the runner, while a step waits for something */
	Store *store;
	Fetcher *fetcher;
	const GalleryItem *item;
	guint flags;
	GalleryProgress progress;
	gpointer progress_data;
	Part *part;
	ImageNote *note; /* of the image that becomes the stored one */
	char *image;     /* where it lies until then */
	char *path;      /* of the stored file */

	/* deliver-build.c */
	char *ready;       /* ready-made file to take, or NULL */
	ImageNote *wanted; /* the note beside it */

	/* deliver-fetch.c */
	char **urls;            /* of the file itself */
	char *expected;         /* published digest; "" = none */
	GalleryTrust trust;     /* by what it is verified */
	GBytes *document;       /* checksum file whose signature is being checked */
	struct FetchRun *fetch; /* while it runs */
	UnpackResult *unpacked;
	gboolean resumed;                              /* began with bytes of an earlier run */
	void (*again)(Steps *steps, gpointer context); /* what comes after the second pass */
} Delivery;

void delivery_tell(Delivery *delivery, const char *step, guint64 done, guint64 total);
/* For verify_hash(). */
void delivery_on_hashed(guint64 done, guint64 total, gpointer data);

/* Steps that both ways share. */
void deliver_step_store(Steps *steps, gpointer context);
void deliver_step_tidy(Steps *steps, gpointer context);

extern const Step deliver_build_steps[], deliver_fetch_steps[];
/* The ready-made file and its note; FALSE with @error when there is a file that cannot be trusted. */
gboolean deliver_find_ready(Delivery *delivery, GError **error);
void deliver_fetch_clear(Delivery *delivery);
