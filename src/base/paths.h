/*
 * Every path that carrel uses; nobody else builds one. DESIGN.md section 5.
 *
 * Without CARREL_HOME the XDG base directories are used. With CARREL_HOME=DIR all of it lies below DIR:
 * DIR/vms, DIR/switches, DIR/images, DIR/cache, DIR/carrel.conf, DIR/run. Sockets need paths of at most 107 bytes, so a
 * long run directory is replaced by a short one whose name is a hash of it; the choice depends on the
 * environment alone, so that client and daemon agree.
 *
 * Functions return newly allocated absolute paths (caller frees) and create nothing, unless they say so.
 */
#pragma once

#include <glib.h>

/* Longest path of a unix socket: sizeof(sun_path) - 1, see unix(7). */
#define PATHS_SOCKET_MAX 107

char *paths_vms_dir(void);
char *paths_vm_dir(const char *name);
char *paths_switches_dir(void);
char *paths_images_dir(void);
char *
paths_templates_dir(void);     /* warm templates (model/templates.h); disks of VMs rest on what is in there */
char *paths_cache_dir(void);   /* probe results and other things that can be made again */
char *paths_config_file(void); /* host settings, carrel.conf */
char *paths_web_certificate(void); /* of the web server for other hosts, with its key */
char *paths_ssh_key(void);         /* carrel's own, for guests; the public one has .pub behind it */
char *
paths_fonts_dir(void); /* bitmap fonts of yours by which guests' text is read, see console/font-system.h */
char *paths_run_dir(void); /* sockets and pid files; mode 0700 */
char *paths_api_socket(void);
char *paths_daemon_log(void);
char *paths_vm_run_dir(const char *vm_id);

/* One socket or small file of a running VM: "qmp", "qga", "vnc", "serial", "pid", "vncd.json", ... */
char *paths_vm_run_file(const char *vm_id, const char *what);

/* Makes @dir with mode 0700 (parents too) and checks that it belongs to us and is closed to others. */
gboolean paths_ensure_private(const char *dir, GError **error);

/* A program of ours ("carreld", "carrel-view"): beside the running one in the build tree or its bin directory,
 * else in libexec. Falls back to the bare name, so that PATH decides. */
char *paths_program(const char *name);

/* A file of ours below data/: in CARREL_DATA where that is set (tests, packagers), the source tree's when run from the build
 * tree, else the installed one. It need not exist. */
char *paths_data_file(const char *relative);
