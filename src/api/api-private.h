/* What the files of src/api share. */
#pragma once

#include "api/server.h"

/* One call in progress. Handlers end it with call_return() or call_fail(), now or later. */
typedef struct {
	Server *server;
	Model *model;
	GDBusMethodInvocation *invocation;
	GVariant *parameters; /* borrowed */
	GCancellable *client; /* cancelled when the client leaves; borrowed */
} Call;

typedef void (*CallHandler)(Call *call, gpointer object);

typedef struct {
	const char *name;
	CallHandler handler;
} MethodRow;

/* Value of a property of @object; floating or full. */
typedef GVariant *(*PropertyGetter)(Model *model, gpointer object);

typedef struct {
	const char *name;
	PropertyGetter get;
	guint changes; /* event bits that announce it, 0 = never changes */
} PropertyRow;

/* One kind of object in the tree. */
typedef struct {
	const char *folder; /* "/io/carrel/vm"; the manager's is "/io/carrel" */
	const GDBusInterfaceInfo *interface;
	const MethodRow *methods;      /* ended by a NULL name; may be NULL */
	const PropertyRow *properties; /* ended by a NULL name */
	gpointer (*find)(Model *model,
			 const char *node); /* node: last part of the path, decoded; NULL = no such object */
	void (*each)(Model *model, void (*visit)(const char *node, gpointer object, gpointer data),
		     gpointer data);
} ObjectKind;

/* Bit of the manager's properties. */
#define MANAGER_IMAGES 1u

extern const ObjectKind api_manager, api_vm, api_job, api_image, api_switch;

/* api-template.c: methods of the manager. */
void call_warm_image(Call *call, gpointer object);
void call_cool_image(Call *call, gpointer object);
void call_list_templates(Call *call, gpointer object);

/* All but the manager, ended by NULL. */
extern const ObjectKind *const api_kinds[];

/* "/io/carrel/vm" + "a-b" -> "/io/carrel/vm/a_2db". Caller frees. */
char *api_path(const char *folder, const char *node);
char *api_path_decode(const char *encoded);

/* Properties whose bits are in @changes (0 = all) as a{sv}; floating. @skip names one to leave out, or NULL. */
GVariant *api_properties(const ObjectKind *kind, Model *model, gpointer object, guint changes,
			 const char *skip);
/* All objects of a kind as a(oa{sv}); floating. */
GVariant *api_list(const ObjectKind *kind, Model *model, const char *skip);

/* Copies @call for a handler that ends it later. Freed by the ending. */
Call *call_keep(const Call *call);
void call_return(Call *call, GVariant *result); /* floating, a tuple, or NULL */
void call_return_fds(Call *call, GVariant *result, GUnixFDList *fds);
void call_fail(Call *call, GError *error); /* takes it */
/* Returns the path of @job, or with NULL fails with @error. */
void call_return_job(Call *call, const Job *job, GError *error);

/* api-sources.c, methods of the manager. */
void api_list_sources(Call *call, gpointer object);
void api_add_source(Call *call, gpointer object);
void api_remove_source(Call *call, gpointer object);
void api_refresh(Call *call, gpointer object);
void api_image_picture(Call *call, gpointer object);
void api_download(Call *call, gpointer object);
void api_prune(Call *call, gpointer object);

/* server.c, for the manager: leaves as soon as the reply has left for @caller. */
void server_exit(Server *server, GDBusConnection *caller);

/* api-checkpoint.c: methods of io.carrel.Vm */
void call_create_checkpoint(Call *call, gpointer vm);
void call_list_checkpoints(Call *call, gpointer vm);
void call_apply_checkpoint(Call *call, gpointer vm);
void call_delete_checkpoint(Call *call, gpointer vm);
void call_rename_checkpoint(Call *call, gpointer vm);
void call_revert(Call *call, gpointer vm);
