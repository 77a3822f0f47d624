/* Lifecycle actions on one or several VMs: asks where the action table says so, calls, reports errors. */
#pragma once

#include "ui/app.h"

/* Whether the action is possible for at least one of @vms (of ClientVm *). */
gboolean vm_actions_offered(int action, GPtrArray *vms);

/* Runs it on those of @vms for which it is possible; a message says so when it is for none. Dangerous ones are confirmed;
 * deletion by writing the VM's name (or, for several, how many). */
void vm_actions_run(App *app, int action, GPtrArray *vms);

/* Asks for a new name. */
void vm_actions_rename(App *app, const ClientVm *vm);

/* A menu of what is possible for @vms now. */
void vm_actions_menu(App *app, GPtrArray *vms);
