/* Between the files of creating a VM: the run, and what its spec is made of. */
#pragma once

#include "gallery/osinfo.h"
#include "model/guest-setup.h"
#include "model/vm-private.h"

/* Of a new disk when nobody says otherwise; it takes no room until it is written. */
#define CREATE_DISK_SIZE (G_GUINT64_CONSTANT(20) << 30)

typedef struct {
	Model *model;
	Job *job;
	VmSpec *spec;
	GHashTable *fields; /* as the user gave them */
	char *image, *disk;
	gboolean instant;
	const HiddenPlace *hidden;            /* a copy; NULL: a VM as any other */
	gboolean start, unverified, reserved; /* reserved: our name is in model->creating */
	guint64 disk_size;                    /* of the new disk, 0 = none */
	gboolean has_disk_size;               /* the user said so */
	gboolean unattended;
	char *product_key;
	gboolean press_key;  /* at the first start; see vm-press.h */
	OsInfo *info;        /* of what was recognised, or NULL */
	char *disk_file;     /* its file in the folder, or NULL */
	char *image_path;    /* in the store, when it is there */
	const char *backing; /* the same when it is a disk, on which the new one rests; else NULL */
	GalleryItem *item;   /* referenced */
	GuestSetup *setup;   /* for the seed, or NULL */
	char *folder, *final;
	Vm *vm;
} CreateRun;

/* The spec as far as it is known before the image is there: from the image's item, the options and the user's fields. Says what is wrong with them. */
gboolean create_build_spec(CreateRun *run, const CreateOptions *options, GError **error);

/* The image lies at run->image_path: now it is known whether it is a disk or a disc, which its feed need not have said right, and how big it is. */
gboolean create_fit_image(CreateRun *run, GError **error);

/* What its system needs, as far as neither the user nor the item has said; a note for the user goes to the job. */
gboolean create_fit_system(CreateRun *run, const OsInfo *info, GError **error);

/* After the user's fields, since they decide on the generation. */
void create_apply_consequences(CreateRun *run);

/* Adds the disk that carrel makes to the spec, unless it is there. */
void create_add_new_disk(CreateRun *run);
