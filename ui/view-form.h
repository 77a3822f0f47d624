/* Settings of a VM, and New Virtual Machine: the field table as a form. */
#pragma once

#include "spec/vm-spec.h"
#include "ui/app.h"

/* Asks the daemon for the VM's settings and shows them when they are there. */
void view_form_open_settings(App *app, const ClientVm *vm);
void view_form_open_new(App *app);
